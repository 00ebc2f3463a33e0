"""One open transaction and the queries it offers, each made when first asked for."""

from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.windows import Windows
from storage.addresses import SqlAccounts, SqlAddresses
from storage.answers import SqlAnswers
from storage.approvals import SqlApprovals
from storage.audiences import SqlAudiences
from storage.broadcasts import SqlBroadcasts
from storage.campaigns import SqlCampaigns
from storage.contacts import SqlContacts
from storage.denominators import SqlDenominators
from storage.dialogues import SqlDialogues
from storage.digests import SqlDigests
from storage.doubles import SqlDoubles
from storage.evidence import SqlEvidence
from storage.holdings import SqlHoldings
from storage.inbox import SqlInbox
from storage.keepers import SqlKeepers
from storage.lanes import SqlLanes
from storage.leases import SqlLeases
from storage.ledger import SqlLedger
from storage.ledger_reports import SqlLedgerReports
from storage.legs import SqlLegs
from storage.links import SqlLinks
from storage.listing import SqlListing
from storage.media import SqlMedia
from storage.news import SqlNews
from storage.nominations import SqlNominationDesk, SqlNominations
from storage.officers import SqlAudit, SqlOfficers
from storage.outbox import SqlOutbox
from storage.posters import SqlPosters
from storage.questions import SqlQuestions
from storage.reach import SqlReach
from storage.receipts import SqlReceipts
from storage.silences import SqlSilences
from storage.spending import SqlSpending
from storage.tokens import SqlTokenPairs
from storage.types import Keyring
from storage.undoing import SqlUndoing
from storage.watching import SqlWatching
from storage.waves import SqlWaves
from storage.wishes import SqlFileWishes


class Session:
    """Implements the port `Transaction` over one connection."""

    def __init__(self, connection: AsyncConnection, *, keyring: Keyring, windows: Windows) -> None:
        self.connection = connection
        self.keyring = keyring
        self.windows = windows

    @cached_property
    def contacts(self) -> SqlContacts:
        return SqlContacts(self.connection, keyring=self.keyring)

    @property
    def silences(self) -> SqlSilences:
        return SqlSilences(self.connection)

    @property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self.connection)

    @property
    def addresses(self) -> SqlAddresses:
        return SqlAddresses(self.connection)

    @cached_property
    def holdings(self) -> SqlHoldings:
        return SqlHoldings(self.connection, keyring=self.keyring)

    @cached_property
    def links(self) -> SqlLinks:
        return SqlLinks(self.connection, keyring=self.keyring)

    @cached_property
    def dialogues(self) -> SqlDialogues:
        return SqlDialogues(self.connection)

    @cached_property
    def officers(self) -> SqlOfficers:
        return SqlOfficers(self.connection, keyring=self.keyring)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self.connection, windows=self.windows)

    @cached_property
    def news(self) -> SqlNews:
        return SqlNews(self.connection)

    @cached_property
    def campaigns(self) -> SqlCampaigns:
        return SqlCampaigns(self.connection)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.connection, windows=self.windows)

    @property
    def legs(self) -> SqlLegs:
        return SqlLegs(self.connection, windows=self.windows)

    @property
    def lanes(self) -> SqlLanes:
        return SqlLanes(self.connection)

    @property
    def spending(self) -> SqlSpending:
        return SqlSpending(self.connection)

    @property
    def receipts(self) -> SqlReceipts:
        return SqlReceipts(self.connection)

    @property
    def ledger_reports(self) -> SqlLedgerReports:
        return SqlLedgerReports(self.connection)

    @cached_property
    def reach(self) -> SqlReach:
        return SqlReach(self.connection)

    @cached_property
    def denominators(self) -> SqlDenominators:
        return SqlDenominators(self.connection)

    @property
    def posters(self) -> SqlPosters:
        return SqlPosters(self.connection)

    @cached_property
    def questions(self) -> SqlQuestions:
        return SqlQuestions(self.connection)

    @cached_property
    def nominations(self) -> SqlNominations:
        return SqlNominations(self.connection, keyring=self.keyring)

    @cached_property
    def nomination_desk(self) -> SqlNominationDesk:
        return SqlNominationDesk(self.connection)

    @cached_property
    def evidence(self) -> SqlEvidence:
        return SqlEvidence(self.connection, keyring=self.keyring)

    @cached_property
    def watching(self) -> SqlWatching:
        return SqlWatching(self.connection)

    @cached_property
    def waves(self) -> SqlWaves:
        return SqlWaves(self.connection, windows=self.windows)

    @cached_property
    def digests(self) -> SqlDigests:
        return SqlDigests(self.connection, windows=self.windows)

    @cached_property
    def keepers(self) -> SqlKeepers:
        return SqlKeepers(self.connection)

    @cached_property
    def broadcasts(self) -> SqlBroadcasts:
        return SqlBroadcasts(self.connection)

    @cached_property
    def wishes(self) -> SqlFileWishes:
        return SqlFileWishes(self.connection)

    @cached_property
    def leases(self) -> SqlLeases:
        return SqlLeases(self.connection)

    @property
    def tokens(self) -> SqlTokenPairs:
        return SqlTokenPairs(self.connection)

    @property
    def inbox(self) -> SqlInbox:
        return SqlInbox(self.connection, keyring=self.keyring)

    @property
    def audiences(self) -> SqlAudiences:
        return SqlAudiences(self.connection)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self.connection)

    @property
    def approvals(self) -> SqlApprovals:
        return SqlApprovals(self.connection, windows=self.windows)

    @property
    def doubles(self) -> SqlDoubles:
        return SqlDoubles(self.connection, windows=self.windows)

    @property
    def undoing(self) -> SqlUndoing:
        return SqlUndoing(self.connection)

    @property
    def listing(self) -> SqlListing:
        return SqlListing(self.connection)

    @property
    def media(self) -> SqlMedia:
        return SqlMedia(self.connection)

    @property
    def answers(self) -> SqlAnswers:
        return SqlAnswers(self.connection)
