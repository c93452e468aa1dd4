"""JSON over HTTP for the forges: retries, paging, and a token that stays on its host. Standard library only (decision 0005)."""

from __future__ import annotations

import http.client
import json
import queue
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from memeci.errors import ForgeError
from memeci.forges.forge import ReadOnlyError

TIMEOUT_S = 20
"""For one read; a forge that sends a byte now and then never exceeds it."""
DEADLINE_S = 60
"""For a whole answer, from the look-up of the host to the last byte."""
ATTEMPTS = 4
LONGEST_WAIT_S = 60
MAX_PAGES = 100
MAX_ANSWER_BYTES = 32 * 1024 * 1024
_REDIRECTS = {301, 302, 307, 308}
MAX_LINK_LENGTH = 8192
_NEXT = re.compile(r'<([^<>]+)>;[^,]*\brel="?next"?')


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    data: bytes

    def json(self) -> Any:
        """Return the body as JSON. Raises ForgeError where it is something else (a proxy's login page)."""
        try:
            return json.loads(self.data or b"null")
        except (ValueError, RecursionError):
            raise ForgeError("the forge answered with something that is not JSON.", "a proxy may stand between.") from None


class _TooSlow(OSError):
    """The deadline has passed."""


# Without HTTPRedirectHandler: it would turn a redirected POST into a GET, carry headers to any host, and fail on a broken address.
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
)


@dataclass
class Client:
    """``headers`` hold the token: sent to ``base``'s host only, shown nowhere."""

    base: str
    headers: Mapping[str, str] = field(repr=False)
    sleep: Callable[[float], None] = time.sleep
    deadline_s: float = DEADLINE_S

    def __post_init__(self) -> None:
        self._opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            self._opener.add_handler(handler())

    def fetch(self, path: str) -> Any:
        return self.send("GET", path).json()

    def fetch_pages(self, path: str) -> Iterator[Any]:
        """Yield the items of every page, following ``Link: rel="next"``."""
        url: str | None = path
        for _ in range(MAX_PAGES):
            answer = self.send("GET", url or "")
            items = answer.json()
            yield from items if isinstance(items, list) else []
            following = _NEXT.search(answer.headers.get("link", "")[:MAX_LINK_LENGTH])
            url = following[1] if following else None
            if url is None:
                return

    def send(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", repeatable: bool | None = None
    ) -> Answer:
        """Return a 2xx answer.

        ``repeatable``: sending twice does no harm, so it is sent again after a 5xx (default: all but POST). A refusal for
        haste (429, or 403 with a limit) was not carried out and is always sent again. Raises ReadOnlyError for 401, 403,
        and 404 on a write; ForgeError for the rest.
        """
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        again = method != "POST" if repeatable is None else repeatable
        url = self._locate(path)
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                answer = self._send_in_time(partial(self._send_once, method, url, data, content_type))
            except (OSError, http.client.HTTPException, ValueError) as error:
                # What is too slow or not sendable stays so.
                if last or not again or isinstance(error, (ValueError, http.client.InvalidURL, _TooSlow)):
                    raise ForgeError(f"{_host(self.base)} cannot be reached.", f"{_reason(error)}.") from None
                self.sleep(2**attempt)
                continue
            if answer.status in _REDIRECTS and "location" in answer.headers and not last:
                url = self._locate(answer.headers["location"], url)
                continue
            wait = _find_wait(answer, attempt, again=again)
            if wait is None or last:
                return self._check(answer, method, url)
            self.sleep(wait)
        raise ForgeError(f"{_host(self.base)} sends us in circles.")

    def _send_in_time(self, send: Callable[[], Answer]) -> Answer:
        """Return what ``send`` does, in a thread that is left behind when its time is up. Raises _TooSlow then."""
        done: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                done.put(send())
            except Exception as error:
                done.put(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            answer = done.get(timeout=self.deadline_s)
        except queue.Empty:
            raise _TooSlow(f"its answer was not complete after {self.deadline_s:g} s") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _send_once(self, method: str, url: str, data: bytes | None, content_type: str) -> Answer:
        request = urllib.request.Request(url, data=data, method=method, headers={"User-Agent": "memeci"})  # noqa: S310  _locate checked it
        for name, value in self.headers.items():
            request.add_unredirected_header(name, value)
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                return Answer(response.status, _lower(response.headers), response.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read(MAX_ANSWER_BYTES))

    def _locate(self, path: str, redirected_from: str | None = None) -> str:
        """Return the full address. Raises ForgeError where it leaves the forge's host: the token must not follow."""
        try:
            below = path if "://" in path else self.base.rstrip("/") + "/" + path.lstrip("/")
            url = urljoin(redirected_from, path) if redirected_from is not None else below
            here, there = urlsplit(self.base), urlsplit(url)
        except ValueError:
            raise ForgeError(f"{_host(self.base)} cannot be reached.", "its address, or one it gave, is not valid.") from None
        if here.scheme not in {"http", "https"} or not here.netloc:
            raise ForgeError("the forge's address is none of the web.", "it should begin with https:// and name a host.")
        if (there.scheme, there.netloc) != (here.scheme, here.netloc):
            raise ForgeError(f"{_host(self.base)} points to another host, {_host(url)}.", "a token must not follow it there.")
        return url

    def _check(self, answer: Answer, method: str, url: str) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        what = f"{_host(self.base)} answered {answer.status} to {method} {urlsplit(url).path}."
        if answer.status in {401, 403} or (answer.status == 404 and method != "GET"):
            raise ReadOnlyError(what, _find_message(answer))
        raise ForgeError(what, _find_message(answer))


def _find_wait(answer: Answer, attempt: int, *, again: bool) -> float | None:
    """Return how long to wait before sending again, None where sending again is no use.

    GitHub: 403 or 429 with ``retry-after``, or with ``x-ratelimit-remaining: 0``, or a secondary limit named in the message.
    """
    limited = answer.status == 429 or (
        answer.status == 403
        and (
            "retry-after" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0" or b"secondary rate limit" in answer.data
        )
    )
    if not limited and not (again and answer.status >= 500):
        return None
    asked = answer.headers.get("retry-after", "")
    if asked.isdecimal():
        return float(asked) if len(asked) < 6 and int(asked) <= LONGEST_WAIT_S else None
    return float(2**attempt)


def _find_message(answer: Answer) -> str:
    try:
        said = json.loads(answer.data)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") if isinstance(said, dict) else None
    return "".join(c for c in str(message)[:300] if c.isprintable()) if message else ""


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _host(url: str) -> str:
    """Return host and port for a message, without the name and password that may stand before them."""
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return "".join(c for c in host[:260] if c.isprintable()) or "the forge"


def _reason(error: Exception) -> str:
    # The text of a ValueError quotes the address, or the header with the token; that of an HTTPException the answer.
    if isinstance(error, (ValueError, http.client.InvalidURL)):
        return "its address or the token holds characters that cannot be sent"
    if isinstance(error, http.client.HTTPException):
        return f"its answer is cut off or not HTTP ({type(error).__name__})"
    reason = getattr(error, "reason", error)
    return str(reason) or type(error).__name__
