"""The SQL statements for the tables of runs, records, checkpoints, and accepted files."""

RUN = (
    "SELECT run.id, section.name, section.target, run.state, run.started, run.ended,"
    " run.fingerprint, run.full, run.counts, run.error, run.retries, run.pid, run.host,"
    " run.version, run.portion, run.opened, run.closed"
    " FROM run JOIN section ON section.id = run.section"
)
BEGIN = (
    "INSERT INTO run (section, state, started, fingerprint, full, pid, host, version)"
    " VALUES (:section, 'running', :now, '', 0, :pid, :host, :version)"
)
# Runs that ended before it was known what they were are no part of the chain.
DESCRIBE = (
    "UPDATE run SET fingerprint = :fingerprint, full = :full,"
    " since = (SELECT since FROM run WHERE fingerprint = :fingerprint AND id ="
    " (SELECT max(id) FROM run WHERE section = :section AND id < :run AND fingerprint != ''))"
    " WHERE id = :run"
)
# What stood for the same in an earlier version.
RENAME = "UPDATE run SET fingerprint = ? WHERE section = ? AND fingerprint = ?"
OPENED = (
    "UPDATE run SET portion = :portion, opened = :now WHERE id = :run"
    " AND (opened IS NULL OR portion IS NOT :portion)"
)
END = (
    "UPDATE run SET state = :state, ended = :now, counts = :counts, error = :error,"
    " retries = :retries, since = CASE :state WHEN 'complete' THEN coalesce(since, id)"
    " ELSE since END WHERE id = :run"
)
SENT = (
    "INSERT INTO record (section, key, digest, fields, seen, seen_at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (section, key) DO UPDATE SET digest = excluded.digest,"
    " fields = excluded.fields, seen = excluded.seen, seen_at = excluded.seen_at"
)
SEEN = "UPDATE record SET seen = ?, seen_at = ? WHERE id IN (SELECT value FROM json_each(?))"
# In the order of the table: by the index (which the plus hides), each row would be looked up.
MISSING = (
    "SELECT id, key, fields, seen_at, seen >= :previous FROM record"
    " WHERE id > :after AND +section = :section"
    " AND seen >= :since AND seen < :run ORDER BY id LIMIT :page"
)
LATEST_COMPLETE = (
    "SELECT max(id) FROM run WHERE section = ? AND state = 'complete' AND fingerprint != ''"
)
LATEST_KILLED = (
    "SELECT max(id) FROM run WHERE section = ? AND state = 'killed' AND opened IS NOT NULL"
)
# The latest one that knows what the source has: of what it cannot read, a run does not know it.
LATEST_THOROUGH = (
    "SELECT id, since FROM run WHERE section = ? AND state = 'complete'"  # noqa: S608
    " AND coalesce(json_extract(counts, '$.unreadable'), 0) = 0"
    f" AND fingerprint = (SELECT fingerprint FROM run WHERE id = ({LATEST_COMPLETE}))"
    " ORDER BY id DESC LIMIT 1"
)
# The one before it, with which it is compared.
PREVIOUS_THOROUGH = (
    "SELECT coalesce(max(id), 0) FROM run WHERE section = :section AND state = 'complete'"
    " AND coalesce(json_extract(counts, '$.unreadable'), 0) = 0"
    " AND since = :since AND id < :run"
)
# The first complete run with the present fingerprint, if there are runs with another one before it.
RESTART = (
    f"run.id = (SELECT since FROM run WHERE id = ({LATEST_COMPLETE}))"  # noqa: S608
    " AND EXISTS (SELECT 1 FROM run AS earlier WHERE earlier.section = run.section"
    " AND earlier.id < run.id AND earlier.fingerprint NOT IN ('', run.fingerprint))"
)
SEEN_BEFORE = "SELECT count(*) FROM record WHERE +section = ? AND seen < ?"
CHECKPOINTS = "SELECT scope, moment FROM checkpoint WHERE section = ?"
# One statement, so that of two who do it at once the later moment stays.
REACH = (
    "INSERT INTO checkpoint (section, scope, moment, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (section, scope) DO UPDATE SET moment = excluded.moment, at = excluded.at"
    " WHERE excluded.moment > moment"
)
ACCEPTED_FILES = "SELECT file FROM accepted_file WHERE section = ? AND scope = ?"
ACCEPT_FILE = "INSERT INTO accepted_file (section, scope, file, at) VALUES (?, ?, ?, ?)"
