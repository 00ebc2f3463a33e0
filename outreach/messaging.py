"""What goes between people and the product, said without any messenger's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

AccountId = NewType("AccountId", int)
AddressId = NewType("AddressId", int)
CampaignId = NewType("CampaignId", int)
ContactId = NewType("ContactId", int)
MediaId = NewType("MediaId", int)
OfficerId = NewType("OfficerId", int)


class ChannelName(StrEnum):
    TELEGRAM = "telegram"
    ZALO_OA = "zalo_oa"
    ZALO_BOT = "zalo_bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where one person can be written to: an account of ours and the messenger's own id of the person."""

    account_id: AccountId
    external_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of ours at a messenger, as it was when it was last met. `send_api`: which of two sending addresses works there."""

    account_id: AccountId
    external_id: str
    name: str
    send_api: str = ""


class IncomingKind(StrEnum):
    TEXT = "text"
    BUTTON = "button"  # payload holds what the button carried
    START = "start"  # payload holds the deep link's word, or nothing
    MEDIA = "media"  # photos and files, text holds the caption
    OTHER = "other"  # stickers, voice, places: nothing to read in them
    EDIT = "edit"  # a message that was already handled has been changed
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ELSEWHERE = "elsewhere"  # a group or a channel: the product speaks with one person at a time
    WITHHELD = "withheld"  # the messenger keeps the content back; it does so with children's messages
    WITHDRAW = "withdraw"  # the person asked the messenger that her data here be deleted
    STAFF = (
        "staff"  # a human has written to the person from the account's own console; payload STAFF_DONE gives her back
    )


STAFF_DONE = "done"


class AttachmentKind(StrEnum):
    PHOTO = "photo"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file still lying at the channel. `ref` fetches it, `unique` tells two uploads of the same file. Size in bytes."""

    kind: AttachmentKind
    ref: str
    unique: str
    name: str = ""
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One thing a person did. `update_id` is unique for the account; `text` is NFC."""

    update_id: str
    address: Address
    channel: ChannelName
    kind: IncomingKind
    sent_at: datetime
    text: str = ""
    payload: str = ""
    message_ref: str = ""  # the message it came with, or the one whose button was pressed
    callback_ref: str = ""  # what answers the tap, so that the phone stops waiting
    attachments: tuple[Attachment, ...] = ()
    album: str = ""  # photos sent together arrive one by one and share this
    links: tuple[str, ...] = ()  # addresses that stand behind words of the text
    formatted: str = ""  # the text as HTML, where anything in it is set off; nothing in it may be trusted
    forwarded: bool = False
    sender_name: str = ""  # shown to the inviter of an officer, stored nowhere else


class ReceiptKind(StrEnum):
    RECEIVED = "received"  # lies on the phone
    SEEN = "seen"  # was looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The channel's word on messages of ours, named by their `refs`. It opens no window and is nothing a person did."""

    address: Address
    kind: ReceiptKind
    refs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice. Exactly one of `payload`, `url`, `copy` is set.

    `code` is what may be typed instead, days later and whatever came in between; where a channel has no buttons it is
    shown in place of a number. `note` follows the label where that is a line of the text.
    """

    label: str
    payload: str = ""
    url: str = ""
    copy: str = ""
    code: str = ""
    note: str = ""


class Menu(StrEnum):
    """The list of commands that the messenger itself shows in one chat."""

    PERSON = "person"  # everybody's
    OFFICER = "officer"  # all that officers have, the administrators too
    EDITOR = "editor"
    REVIEWER = "reviewer"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """Made at the last moment: `kind` and `arguments` tell the renderer what to build, so no workbook is made in a transaction."""

    name: str
    kind: str
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture or file that we keep and send with campaigns; each account uploads it once. Its name's ending tells its kind."""

    media_id: MediaId
    kind: AttachmentKind
    name: str
    size: int = 0  # bytes, as far as known


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCopy:
    """A message an officer sent to the bot, passed on as it is where the channel can; `ref` is its number in her chat."""

    address: Address
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message to one person. `text` is the closed HTML subset b i u s a code blockquote, already escaped.

    `edits` names the message to change instead of sending a new one; when that fails a new one is sent, unless `anew` is False.
    `copy_of` goes in place of text and media, where the account has that message; the buttons stay.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    keyboard: tuple[tuple[str, ...], ...] = ()  # labels of the persistent keyboard, empty: leave as it is
    file: OutgoingFile | None = None
    edits: str = ""
    anew: bool = True
    slot: str = ""  # a name under which the sent message's ref is remembered, for instance a progress message
    menu: Menu = Menu.UNTOUCHED  # set in this chat before the message is sent
    media: tuple[Media, ...] = ()  # before the words, or with them where they fit
    copy_of: MessageCopy | None = None
    silent: bool = False  # it makes no sound, where the messenger can do without


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A reply for somebody else than the person whose turn it is, or for another phone of hers: then at that very address."""

    contact_id: ContactId
    reply: Reply
    address: Address | None = None
    address_id: AddressId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """What one turn answers. `toast` is the short answer to a tap; `notices` go to others."""

    messages: tuple[Reply, ...] = ()
    toast: str = ""
    notices: tuple[Notice, ...] = ()
    forget: bool = False  # nothing of this turn may be stored: the person is under 16 or said no


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a messenger can do; the conversation asks for these instead of a name.

    Lengths are in the channel's own unit. Where there are no buttons, or more than `max_buttons` (0: any number), choices are
    numbered lines.
    """

    max_text: int
    max_caption: int
    max_payload_bytes: int
    buttons: bool = True
    max_buttons: int = 0
    keyboard: bool = True  # labels that stay under the writing field
    edits: bool = True
    files: bool = True  # people can send documents; photos come everywhere
    file_suffixes: frozenset[str] | None = None  # of files that may be sent to people, with the dot; None: any
    max_file: int = 0  # bytes of a file that is no picture; 0: as large as we take them
    start_payload: bool = True  # a link can carry a word into the chat
    windowed: bool = False  # a person can be written to only for some time after her own last word
    receipts: bool = False  # the channel tells what was delivered and seen
    articles: bool = False  # an article can be handed to everybody who follows
    copies: bool = False  # a message from one chat can be passed on to another as it is
    recall_hours: int = 0


class SendErrorKind(StrEnum):
    """Every failure of a send falls into one of these, and each has one treatment."""

    GONE = "gone"  # the person left or never was there: mark unreachable, never retry
    MOVED = "moved"  # the chat has a new id
    NOT_NOW = "not_now"  # slow down: the whole lane waits, the row goes back unsent
    REFUSED = "refused"  # the provider answered with its own error and sent nothing: retry with growing waits
    NEVER_LEFT = "never_left"  # nothing left this machine: a safe retry
    OUR_FAULT = "our_fault"  # the message itself is wrong: retrying cannot help, the campaign stops
    HARMLESS = "harmless"  # what was wanted is already so
    UNKNOWN = "unknown"  # it may have arrived or not
    REVOKED = "revoked"  # the account may not send at all (token, app, plan): stop everything
    WINDOW_CLOSED = "window_closed"  # she has not written for too long: nothing was sent, and she is still there
    EXHAUSTED = "exhausted"  # what the plan allows is used up: nothing leaves until the provider gives more


class SendError(Exception):
    """A send that did not end in an accepted message. `reason` is a code, never the provider's text with a person in it.

    Where only a part was accepted, `refs` are its messages and `rest` is what is missing: only that may be sent again.
    """

    def __init__(
        self,
        kind: SendErrorKind,
        reason: str,
        *,
        retry_after: float = 0.0,
        most_tries: int = 0,
        refs: tuple[str, ...] = (),
        rest: tuple[Reply, ...] = (),
    ) -> None:
        super().__init__(f"{kind.value}: {reason}")
        self.kind = kind
        self.reason = reason
        self.retry_after = retry_after  # seconds
        self.most_tries = most_tries  # in all, where the provider's answer forbids more; 0: the sender's own measure
        self.tried = 1  # how often, before it was raised
        self.refs = refs
        self.rest = rest

    @property
    def of_rest(self) -> "SendError":
        """What became of the missing part. The kind of the whole says less: it must not be given back once a part arrived."""
        return self.__cause__ if self.rest and isinstance(self.__cause__, SendError) else self


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the channel gave back for an accepted message: its id there (of every part where a long text was split).

    `charged`: how many of them the provider counted against a quota that costs money.
    """

    refs: tuple[str, ...]
    charged: int = 0


class Channel(Protocol):
    """One messenger account. Raises SendError and nothing else from the methods that send."""

    name: ChannelName
    account_id: AccountId
    capabilities: Capabilities

    async def send(self, external_id: str, reply: Reply, *, data: bytes | None = None) -> Sent: ...

    async def answer_tap(self, callback_ref: str, text: str) -> None: ...

    async def recall(self, external_id: str, ref: str) -> None: ...

    async def download(self, ref: str, *, max_bytes: int) -> bytes: ...

    async def show_commands(self, external_id: str, commands: tuple[tuple[str, str], ...]) -> None: ...
