"""`memeci promote`: puts a release into a stage, with the tag that GTO writes."""

from __future__ import annotations

import json

import click
from msgspec.structs import asdict

from memeci.cli.registry_options import Here, with_registry


@click.command("promote")
@click.argument("release")
@click.argument("stage")
@click.option("--push", is_flag=True, help="Push the tag to the remote.")
@click.option("--json", "as_json", is_flag=True, help="Print the promotion as JSON on standard output.")
@with_registry
def command(here: Here, release: str, stage: str, push: bool, as_json: bool) -> None:
    """Put RELEASE (sentiment@v1.4.0, or v1.4.0 of the model in memeci.yml) into STAGE (prod), by the tag sentiment#prod#N.

    `memeci evaluate --baseline '#prod'` then compares with it.
    """
    whole = release if "@" in release else f"{here.choose_model(None)}@v{release.removeprefix('v')}"
    promotion = here.registry.promote(whole, stage, push=push)
    if as_json:
        click.echo(json.dumps(asdict(promotion), indent=2))
    click.echo(f"{promotion.release} is now in {promotion.stage}: tag {promotion.tag}", err=True)
    if promotion.remote:
        click.echo(f"pushed to {promotion.remote}", err=True)
    else:
        click.echo(f"next: git push origin 'refs/tags/{promotion.tag}'", err=True)
