-- A data folder as schema 1 wrote it. Never change this file: it stands for
-- what users have on their disks.
CREATE TABLE record (
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    value   BLOB    NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX record_expires ON record (expires) WHERE expires > 0;
INSERT INTO record (kind, key, value, expires) VALUES
    ('user', 'env1/bob', x'7b224e616d65223a22626f62227d', 0),
    ('user', 'env1/al', x'7b224e616d65223a22616c227d', 0),
    ('idempotency', 'root/UpdateKxUser/1', x'7b7d', 4102444800000000000);
PRAGMA application_id = 1366650729;
PRAGMA user_version = 1;
