-- The public face of the store: stable names and columns, documented in docs/views.md.

CREATE VIEW studies AS
SELECT study, passed AS spec_passed, resolved AS spec_resolved, versions, hardware, created
FROM study;

CREATE VIEW data AS
SELECT m.study, m.condition, d.fingerprint, d.split, d.images, d.excluded, d.reason
FROM member_data m JOIN result_data d USING (key);

CREATE VIEW jobs AS
SELECT study, key, kind, state, attempts, reason, seconds, host, device, error, title
FROM job;

CREATE VIEW networks AS
SELECT m.study, m.condition, m.seed, m.network, m.capacity, m.injected,
       r.parameters, r.macs, r.images_per_second, r.best_epoch, m.key
FROM member_network m JOIN result_network r USING (key)
UNION ALL
SELECT m.study, m.condition, f.seed, f.network, f.capacity, '' AS injected,
       NULL AS parameters, CAST(f.macs AS BIGINT) AS macs, NULL AS images_per_second,
       NULL AS best_epoch, m.key
FROM member_figures m JOIN figure_network f USING (key);

CREATE VIEW losses AS
SELECT m.study, m.condition, m.seed, m.network, m.capacity, m.injected,
       r.target, r.split, r.loss
FROM member_network m JOIN result_loss r USING (key)
UNION ALL
SELECT m.study, m.condition, f.seed, f.network, f.capacity, '' AS injected,
       f.target, f.split, f.loss
FROM member_figures m JOIN figure_loss f USING (key);

CREATE VIEW metrics AS
SELECT m.study, m.condition, m.seed, m.network, m.capacity, m.injected,
       r.target, r.split, r.metric, r.value, r.higher_is_better
FROM member_network m JOIN result_metric r USING (key);

CREATE VIEW curves AS
SELECT m.study, m.condition, m.seed, m.network, m.capacity, m.injected,
       r.target, r.split, r.epoch, r.loss
FROM member_network m JOIN result_curve r USING (key);

-- What a training method did, means over the steps of an epoch.
CREATE VIEW method_log AS
SELECT m.study, m.condition, m.seed, m.network, m.capacity, m.injected,
       r.epoch, r.quantity, r.name, r.value
FROM member_network m JOIN result_method_log r USING (key);

-- Validation losses after a fifth of the epochs, or as published: what is known early.
CREATE VIEW early_losses AS
SELECT study, condition, seed, network, capacity, target, loss
FROM (
    SELECT *, max(epoch) OVER (
        PARTITION BY study, condition, seed, network, capacity, target
    ) + 1 AS epochs
    FROM curves WHERE split = 'val' AND injected = ''
)
WHERE epoch = ceil(epochs / 5.0) - 1
UNION ALL
SELECT study, condition, seed, network, capacity, target, loss
FROM losses WHERE split = 'early_val' AND injected = '';

-- The loss of the best constant predictor, fitted on the training labels ("the mean").
CREATE VIEW constants AS
SELECT m.study, m.condition, m.target, r.split, r.loss
FROM member_constant m JOIN result_constant r USING (key);

-- Every measured quantity of a target in a network, losses and metrics alike.
CREATE VIEW quantities AS
SELECT study, condition, seed, network, capacity, injected, target, split,
       'loss' AS quantity, loss AS value, false AS higher_is_better
FROM losses
UNION ALL
SELECT study, condition, seed, network, capacity, injected, target, split,
       metric AS quantity, value, higher_is_better
FROM metrics;

-- Gains read from files, under the definition that the study gives them.
CREATE VIEW published_gains AS
SELECT m.study, m.condition, f.seed, f.target, f.network, f.quantity, f.baseline, f.denominator,
       f.split, f.gain
FROM member_figures m JOIN figure_gain f USING (key);

-- Single nets against joint nets of the same study, condition and seed, under every definition.
CREATE VIEW joint_gains AS
SELECT g.* FROM (
    SELECT j.study, j.condition, j.seed, j.target, j.network, j.quantity, s.baseline,
           d.denominator, j.split,
           (CASE WHEN j.higher_is_better THEN j.value - s.value ELSE s.value - j.value END)
               / NULLIF(CASE d.denominator WHEN 'joint' THEN j.value ELSE s.value END, 0) AS gain
    FROM quantities j
    JOIN (
        SELECT *, CASE capacity WHEN 0.5 THEN 'half' WHEN 1.0 THEN 'full' ELSE 'unstated' END
                  AS baseline
        FROM quantities
        WHERE network = target AND injected = ''
          AND (capacity IN (0.5, 1.0) OR capacity IS NULL)
    ) s USING (study, condition, seed, target, split, quantity)
    CROSS JOIN (VALUES ('joint'), ('single')) d(denominator)
    WHERE j.network <> j.target AND j.injected = '' AND j.split IN ('val', 'test')
      AND (j.capacity = 1.0 OR j.capacity IS NULL)
) g
-- Gains that were printed stand instead of those that printed losses would give.
ANTI JOIN published_gains USING (study, condition, seed, target, network, quantity, baseline,
                                 denominator, split)
UNION ALL
FROM published_gains;

CREATE VIEW gains AS
SELECT study, condition, seed, target,
       CASE WHEN starts_with(network, target || '+') THEN substr(network, length(target) + 2)
            ELSE substr(network, 1, length(network) - length(target) - 1) END AS partner,
       quantity, baseline, denominator, split, gain
FROM joint_gains
WHERE len(string_split(network, '+')) = 2;

CREATE VIEW group_gains AS
SELECT study, condition, seed, target, network, quantity, baseline, denominator, split, gain
FROM joint_gains
WHERE len(string_split(network, '+')) > 2;

CREATE VIEW scores AS
SELECT m.study, m.condition, m.seed, m.score, r.target, r.partner, r.value, r.state, r.reason,
       r.macs, r.seconds
FROM member_score m JOIN result_score r USING (key)
WHERE m.target = '' OR r.target = m.target
UNION ALL
SELECT m.study, m.condition, f.seed, f.score, f.target, f.partner, f.value,
       'defined' AS state, '' AS reason, NULL AS macs, NULL AS seconds
FROM member_figures m JOIN figure_score f USING (key)
UNION ALL
SELECT study, condition, seed, score, target, partner, value, 'defined' AS state, '' AS reason,
       macs, seconds
FROM proxy_row;

-- How a published score is written where it was printed.
CREATE VIEW score_labels AS
SELECT DISTINCT m.study, f.score, f.label
FROM member_figures m JOIN figure_score f USING (key);

CREATE VIEW group_scores AS
SELECT study, condition, seed, score, target, network, value FROM group_score_row
UNION ALL
-- Scores that look at groups themselves.
SELECT m.study, m.condition, m.seed, m.score, r.target, r.network, r.value
FROM member_score m JOIN result_group_score r USING (key);

CREATE VIEW agreement AS SELECT * FROM agreement_row;

CREATE VIEW reliability AS SELECT * FROM reliability_row;

CREATE VIEW variance AS SELECT * FROM variance_row;

CREATE VIEW seed_intervals AS SELECT * FROM seed_interval_row;

CREATE VIEW selections AS SELECT * FROM selection_row;

CREATE VIEW samples AS
SELECT m.study, m.condition, m.seed, m.network, r.target, r.image, r.path
FROM (
    -- Of the single nets of a task those of the least capacity.
    FROM member_network WHERE injected = ''
    QUALIFY capacity = min(capacity) OVER (PARTITION BY study, condition, seed, network)
) m JOIN result_sample r USING (key)
UNION ALL
SELECT m.study, m.condition, NULL AS seed, '' AS network, m.target, r.image, r.path
FROM member_constant m JOIN result_sample r USING (key)
UNION ALL
SELECT m.study, m.condition, NULL AS seed, '' AS network, '' AS target, r.image, r.path
FROM member_data m JOIN result_sample r USING (key);

-- Every finetuning that is done, one a learning rate; the one of the lowest validation loss is
-- chosen once all rates of a sweep are done. Costs are those of the whole sweep.
CREATE VIEW transfer_runs AS
SELECT t.study, t.condition, t.seed, t.source_set, t.sources, t.target, t.rate, t.val_loss,
       t.done AND t.place = 1 AS chosen, t.key, t.pretrained,
       coalesce(p.macs, 0) AS pretrain_macs, t.macs AS finetune_macs,
       coalesce(p.seconds, 0) + t.seconds AS seconds
FROM (
    SELECT m.*, l.loss AS val_loss,
           row_number() OVER (sweep ORDER BY l.loss, m.rate) AS place,
           bool_and(l.loss IS NOT NULL) OVER sweep AS done,
           sum(r.training_macs) OVER sweep AS macs, sum(i.seconds) OVER sweep AS seconds
    FROM member_transfer m
    LEFT JOIN result_loss l ON l.key = m.key AND l.target = m.target AND l.split = 'val'
    LEFT JOIN result_network r ON r.key = m.key
    LEFT JOIN ingested i ON i.key = m.key
    WINDOW sweep AS (PARTITION BY m.study, m.condition, m.seed, m.source_set, m.target)
) t
LEFT JOIN (
    SELECT pretrained, sum(r.training_macs) AS macs, sum(i.seconds) AS seconds
    FROM (
        SELECT DISTINCT pretrained, unnest(string_split(pretrained, '+')) AS key
        FROM member_transfer WHERE pretrained <> ''
    ) JOIN result_network r USING (key) JOIN ingested i USING (key)
    GROUP BY pretrained
) p USING (pretrained)
WHERE t.val_loss IS NOT NULL;

CREATE VIEW transfers AS
SELECT t.study, t.condition, t.seed, t.source_set, t.sources, t.target, q.split, q.metric, q.value,
       t.pretrain_macs, t.finetune_macs, t.seconds
FROM transfer_runs t
JOIN (
    SELECT key, target, split, 'loss' AS metric, loss AS value FROM result_loss
    UNION ALL
    SELECT key, target, split, metric, value FROM result_metric
) q USING (key, target)
WHERE t.chosen
UNION ALL
-- Printed means over targets have no target: they are held against the mean, see transfer_notes.
SELECT m.study, m.condition, f.seed, f.source_set, f.sources, f.target, f.split, f.metric, f.value,
       f.pretrain_macs, f.finetune_macs, f.seconds
FROM member_figures m JOIN figure_transfer f USING (key)
WHERE f.target <> '';

-- What was noted beside published figures, and printed means that differ from those of the cells.
CREATE VIEW transfer_notes AS
SELECT m.study, m.condition, f.seed, f.source_set, f.target, f.split, f.metric, f.value AS printed,
       c.value AS computed, f.note
FROM member_figures m JOIN figure_transfer f USING (key)
LEFT JOIN (
    SELECT key, seed, source_set, split, metric, avg(value) AS value
    FROM figure_transfer WHERE target <> '' GROUP BY ALL
) c ON f.target = '' AND c.key = f.key AND c.seed = f.seed AND c.source_set = f.source_set
   AND c.split = f.split AND c.metric = f.metric
WHERE f.note <> '' OR abs(f.value - c.value) > 1e-4 * greatest(1, abs(f.value));

-- Texts of a target's test that a source's training holds too.
CREATE VIEW duplicates AS
SELECT DISTINCT m.study, m.condition, r.source, r.target, r.test, r.duplicates, r.same_label
FROM member_transfer m JOIN result_duplicate r ON r.key = m.key AND r.target = m.target;

CREATE VIEW transfer_sets AS SELECT * FROM transfer_set_row;

CREATE VIEW transfer_tests AS SELECT * FROM transfer_test_row;
