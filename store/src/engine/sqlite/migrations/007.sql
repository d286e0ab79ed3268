-- Schema 7: the first version that a pod was sent, which is what its variables hold. Of pods that are there already,
-- the newest one is the best that is known.

ALTER TABLE consumers ADD COLUMN started INTEGER NOT NULL DEFAULT 1;
UPDATE consumers SET started = delivered;
