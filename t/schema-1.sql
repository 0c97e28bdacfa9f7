-- SPDX-License-Identifier: MIT
-- A vault as the program of schema 1 wrote it (seals of format 1); its key is
-- d19ef4499283acf52d722a54e69885d57aaf563c515e6fc3a2ea8f734dcc8b21
PRAGMA application_id=1095324502;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('key',X'1a7356e98fa818eb1c10505d23506ede');
CREATE TABLE credential ( seq INTEGER PRIMARY KEY, protocol TEXT NOT NULL, host TEXT NOT NULL, path TEXT, username TEXT, state INTEGER NOT NULL, token_id TEXT, label TEXT, expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL, stored_at INTEGER NOT NULL, rejected_at INTEGER, secret BLOB, refresh BLOB);
INSERT INTO credential VALUES(1,'https','h.example',NULL,'one',1,NULL,NULL,4000000000,1795524054,1795524054,NULL,X'01d0146dfca8c31de72415282fa752a3eaeeb821b1d5fa55cfc816751d383d970836e61fc88758fa1325186bd3827d36168f496031',X'0157e32d49b37fedbdb4c9446c4c2fa82e44f287da0437e08a0539e3885ba964e5e90e68020ea7acc0dd602020bb');
INSERT INTO credential VALUES(2,'https','h.example','a/b','two',1,NULL,NULL,0,1795524054,1795524054,NULL,X'018e1b7ca3f20a025d30613fcbe41037eb1d8e9973d05c38953feea7fc51d5da13c6faa76b4c400fcf0ae09cb8f2184094f744372104',NULL);
INSERT INTO credential VALUES(3,'https','h.example',NULL,'three',2,NULL,NULL,0,1795524054,1795524054,4000000000,X'013507cd78463cebf177c2c9492f7f5f26ad1c4b8941e2790b1a0c33b26df73d48f00d94aa1858c33aaf15655abe2a69e7035cac9bd957',NULL);
INSERT INTO credential VALUES(4,'https','h.example',NULL,'',1,NULL,NULL,0,1795524054,1795524054,NULL,X'0135f76314c4e3e4079bee1ae012da8e80bd2e77428be28f33e64feea14052851083433d1773b3b72019d5509abb03063f6aec9db24a',NULL);
CREATE UNIQUE INDEX credential_identity ON credential (protocol, host, ifnull(path, x''), ifnull(username, x''));
CREATE INDEX credential_user ON credential (protocol, host, username);
CREATE INDEX credential_host ON credential (protocol, host);
COMMIT;
