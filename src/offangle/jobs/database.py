"""The jobs database: our tables beside DBOS's, and how to open it.

Ours hold what DBOS does not know: how far a job is, why it died, which workers live, what is due, and the number of the
latest change. They sit in the same database, so that one transaction asks DBOS for a job and writes ours.
"""

from typing import Any, Final

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from offangle.jobs.config import APPLICATION_NAME, JobsConfig

DBOS_SCHEMA = "dbos"
SQLITE_BUSY_TIMEOUT_MS = 30_000
POSTGRES_SETUP_LOCK = 7_306_110_927  # any fixed number that nobody else takes as an advisory lock

metadata = sa.MetaData()

FINAL_PHASES: Final = ("done", "dead", "cancelled")

# One row: the number of the latest change. Taking the next number locks the row until commit, so numbers become
# visible in their order and a reader that remembers the last one it saw misses nothing.
clock = sa.Table(
    "offangle_job_clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
)

jobs = sa.Table(
    "offangle_jobs",
    metadata,
    sa.Column("job_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("phase", sa.Text, nullable=False, index=True),
    # Whose run began last and has not said how it ended: one that is still here when the next run begins has died.
    sa.Column("executor", sa.Text),
    sa.Column("stage", sa.Text, nullable=False, default=""),
    sa.Column("fraction", sa.Float, nullable=False, default=0.0),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("step_number", sa.Integer, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("crashes", sa.Integer, nullable=False, default=0),
    sa.Column("error_class", sa.Text, nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("hint", sa.Text, nullable=False, default=""),
    sa.Column("failed_step", sa.Text, nullable=False, default=""),
    sa.Column("traceback", sa.Text, nullable=False, default=""),
    sa.Column("permanent", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("enqueued_at_ms", sa.BigInteger, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger),
    sa.Column("finished_at_ms", sa.BigInteger),
    sa.Column("retry_at_ms", sa.BigInteger),
    sa.Index("offangle_jobs_newest", "enqueued_at_ms", "job_id"),
)

workers = sa.Table(
    "offangle_workers",
    metadata,
    sa.Column("executor_id", sa.Text, primary_key=True),
    sa.Column("application_version", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
)

periodics = sa.Table(
    "offangle_periodic",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("due_at_ms", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text),
    sa.Column("last_run_at_ms", sa.BigInteger),
    sa.Column("last_error", sa.Text, nullable=False, default=""),
)


def open_engine(config: JobsConfig) -> sa.Engine:
    """An engine on the jobs database; nothing is created yet."""
    if not config.is_sqlite:
        return sa.create_engine(_psycopg_url(config.database_url), pool_size=20, max_overflow=10, pool_pre_ping=True)
    # DBOS's tables have a schema on PostgreSQL and none on SQLite.
    engine = sa.create_engine(config.database_url, execution_options={"schema_translate_map": {DBOS_SCHEMA: None}})
    event.listen(engine, "connect", _prepare_sqlite_connection)
    return engine


def _psycopg_url(url: str) -> sa.URL:
    """The same URL, with the driver that Offangle installs."""
    return sa.make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")


def _prepare_sqlite_connection(connection: Any, _record: object) -> None:
    # IMMEDIATE: a transaction that is going to write takes the lock at its start and waits for it, instead of failing
    # half-way. WAL: readers (the web process) never wait for the worker. It must be on before DBOS launches.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def prepare(config: JobsConfig, engine: sa.Engine) -> None:
    """Create or migrate DBOS's tables and ours, and write the queues' limits; safe to call from many processes."""
    with engine.connect():  # switches WAL on before DBOS's migrations open the file with their own settings
        pass
    DBOS.migrate(
        config.database_url
        if config.is_sqlite
        else _psycopg_url(config.database_url).render_as_string(hide_password=False)
    )
    with engine.begin() as connection:
        _lock_setup(connection)
        metadata.create_all(connection)
        _add_what_is_new(connection)
        connection.execute(insert_or_ignore(connection, clock, {"id": 1, "seq": 0}))
    _register_queues(config, engine)


def _lock_setup(connection: sa.Connection) -> None:
    """One process at a time creates tables: both databases report an error to the second of two at once."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(POSTGRES_SETUP_LOCK)))


def _add_what_is_new(connection: sa.Connection) -> None:
    """Give tables that an older version made the columns and indexes that came since; each column has a default."""
    seen = sa.inspect(connection)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in seen.get_columns(table.name)}
        for column in table.columns:
            if column.name not in present:
                definition = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _register_queues(config: JobsConfig, engine: sa.Engine) -> None:
    client = open_client(engine)
    try:
        for queue in config.queues:
            client.register_queue(
                queue.name,
                worker_concurrency=queue.worker_concurrency,
                global_concurrency=queue.global_concurrency,
                polling_interval_sec=config.poll_every_s,
                on_conflict="always_update",
            )
    finally:
        client.destroy()


def open_client(engine: sa.Engine) -> DBOSClient:
    """DBOS's client on our engine. JSON, not pickle: a row in a shared database must never become code."""
    return DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=DBOS_SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION_NAME,
        lazy=True,
    )


def now_ms(connection: sa.Connection) -> sa.ColumnElement[int]:
    """The database's clock in milliseconds: all workers read the same one, whatever their own says."""
    if connection.dialect.name == "sqlite":
        days_since_1970 = sa.func.julianday("now") - 2440587.5
        return sa.cast(days_since_1970 * 86_400_000, sa.BigInteger)
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)


def next_seq(connection: sa.Connection) -> int:
    """Take the next change number; holds the write lock until the transaction ends."""
    statement = sa.update(clock).where(clock.c.id == 1).values(seq=clock.c.seq + 1).returning(clock.c.seq)
    return int(connection.execute(statement).scalar_one())


def insert_or_ignore(connection: sa.Connection, table: sa.Table, values: dict[str, Any]) -> sa.Insert:
    """An INSERT that leaves an existing row with the same key alone."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).values(values).on_conflict_do_nothing()
    return postgresql.insert(table).values(values).on_conflict_do_nothing()
