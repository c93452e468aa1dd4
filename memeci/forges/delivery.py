"""Bring a comment to a forge: picture first, then one comment a key, edited in place. Never raises: the verdict does not depend on it."""

from __future__ import annotations

from collections.abc import Callable

from memeci.errors import ForgeError
from memeci.forges.forge import Comment, Delivery, Forge, Picture, ReadOnlyError, Receipt
from memeci.forges.marker import build_marker
from memeci.records import Text

Render = Callable[[str | None, int], str]
"""(address of the picture or None, longest body) → Markdown of the comment."""

READ_ONLY = Text(
    "The token may only read here, so no comment was written; the job summary has everything.",
    "令牌在这里只有读取权限，所以没有写评论；任务摘要里有全部内容。",
)


def deliver(forge: Forge, *, key: str, picture: Picture | None, render: Render) -> Receipt:
    """Post or edit the comment for ``key``; ``render`` makes its text once the picture's address is known."""
    if not forge.can_comment:
        return forge.why_not()
    marker = build_marker(key)
    try:
        found = forge.find_comments(marker)
        picture_url = _place_picture(forge, picture, found)
        body = f"{marker}\n{render(picture_url, forge.body_limit - len(marker) - 1)}"
        comment = forge.edit_comment(found[0], body) if found else _post_once(forge, marker, body)
        for extra in found[1:]:
            forge.delete_comment(extra)
    except ReadOnlyError:
        return Receipt(Delivery.READ_ONLY, notice=READ_ONLY)
    except ForgeError as error:
        return Receipt(Delivery.FAILED, notice=_explain(error))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        # JSON of another shape than documented: a proxy, or a forge that only looks like one.
        return Receipt(Delivery.FAILED, notice=_explain(ForgeError(f"the forge's answer makes no sense ({type(error).__name__}).")))
    return Receipt(Delivery.EDITED if found else Delivery.POSTED, comment.url, picture_url)


def _place_picture(forge: Forge, picture: Picture | None, found: list[Comment]) -> str | None:
    """Return the picture's address; None where no place takes it, which is no reason to leave the comment out."""
    if picture is None:
        return None
    shown = _find_address(found[0].body, picture.name) if found else None
    try:
        return shown or forge.post_picture(picture)
    except ForgeError:
        return None


def _find_address(body: str, name: str) -> str | None:
    """Return the address of the same picture in the comment as it stands: a second run need not upload it again."""
    start = body.find('src="http')
    address = body[start + 5 : body.find('"', start + 5)] if start >= 0 else ""
    return address.replace("&amp;", "&") if name in address else None


def _post_once(forge: Forge, marker: str, body: str) -> Comment:
    """Post; after an answer that leaves open whether it was written, look before posting again."""
    try:
        return forge.post_comment(body)
    except ReadOnlyError:
        raise
    except ForgeError:
        written = forge.find_comments(marker)
        return written[0] if written else forge.post_comment(body)


def _explain(error: ForgeError) -> Text:
    return Text(
        f"The comment could not be written: {error.what} The job summary has everything.",
        f"评论没有写成：{error.what} 任务摘要里有全部内容。",
    )
