"""GitHub, GitLab, or none: where an evaluation arrives. One Protocol; each forge is one module and one line here.

The only package that talks to a network. It knows no record: it carries text and bytes, and says what became of them.
"""

from __future__ import annotations

from memeci.config import CI, Environment
from memeci.forges.delivery import deliver
from memeci.forges.forge import Delivery, Forge, Picture, Receipt
from memeci.forges.github import GitHub
from memeci.forges.gitlab import GitLab
from memeci.forges.local import Local

__all__ = ["FORGES", "Delivery", "Forge", "Picture", "Receipt", "deliver", "open_forge"]

FORGES: dict[CI, type[GitHub] | type[GitLab] | type[Local]] = {CI.GITHUB: GitHub, CI.GITLAB: GitLab, CI.NONE: Local}


def open_forge(environment: Environment) -> Forge:
    """Return the forge this run belongs to. Asks it nothing yet."""
    return FORGES[environment.ci].open(environment)
