"""`memeci gc`: clears old records away, and says before what that would be."""

from __future__ import annotations

import json

import click

from memeci.cli.registry_options import Here, with_registry


@click.command("gc")
@click.argument("model", required=False)
@click.option("--keep", type=click.IntRange(1), required=True, metavar="N", help="Newest releases whose records stay.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--push", is_flag=True, help="Delete at the remote too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@with_registry
def command(here: Here, model: str | None, keep: int, dry_run: bool, push: bool, as_json: bool) -> None:
    """Delete the records (with predictions) of all but the newest N releases of MODEL.

    Tags stay, and so does what is in a stage, and each release's line in `memeci history`. A release without its record can
    no longer be a baseline.
    """
    plan = here.registry.plan_clearing(here.choose_model(model), keep=keep, remote=push)
    if not dry_run:
        here.registry.clear(plan)
    refs = sorted({*plan.here, *plan.there})
    if as_json:
        click.echo(json.dumps({"deleted": refs, "kept": list(plan.kept), "unusable": list(plan.unusable), "dry_run": dry_run}, indent=2))
    for ref in plan.unusable:
        click.echo(f"warning: {ref} is no record of a release (no tag, or another one's): not counted, and left", err=True)
    verb = "would delete" if dry_run else "deleted"
    for ref in refs:
        places = [place for place, there in (("here", ref in plan.here), ("at the remote", ref in plan.there)) if there]
        click.echo(f"{verb} {ref} ({' and '.join(places)})", err=True)
    click.echo(f"{verb} {len(refs)} records, kept {len(plan.kept)}", err=True)
