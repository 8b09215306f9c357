-- Every record of every kind. Keys are compared byte by byte; expires is in
-- nanoseconds since 1970, 0 for a record that stays.
CREATE TABLE record (
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    value   BLOB    NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

-- What the purge looks for.
CREATE INDEX record_expires ON record (expires) WHERE expires > 0;
