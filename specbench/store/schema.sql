-- Tables behind the views. What a job yielded is kept by its key, once; the member_* tables say
-- which cells of which study a key fills. Nobody but the views reads these tables.

CREATE TABLE schema_version (version INTEGER NOT NULL);

CREATE TABLE study (
    study VARCHAR NOT NULL, passed VARCHAR, resolved VARCHAR, gains VARCHAR,
    versions VARCHAR, hardware VARCHAR, created TIMESTAMP, digest VARCHAR
);
CREATE TABLE job (
    study VARCHAR, key VARCHAR, kind VARCHAR, state VARCHAR, attempts INTEGER, reason VARCHAR,
    seconds DOUBLE, host VARCHAR, device VARCHAR, error VARCHAR, title VARCHAR
);
CREATE TABLE member_network (
    study VARCHAR, key VARCHAR, condition VARCHAR, seed INTEGER, network VARCHAR,
    capacity DOUBLE, injected VARCHAR
);
CREATE TABLE member_constant (study VARCHAR, key VARCHAR, condition VARCHAR, target VARCHAR);
-- Of a score that was computed for one target alone the others' rows are left out.
CREATE TABLE member_score (
    study VARCHAR, key VARCHAR, condition VARCHAR, seed INTEGER, score VARCHAR, target VARCHAR
);
-- A finetuning; pretrained holds the keys of the pre-trainings of which the best was taken.
CREATE TABLE member_transfer (
    study VARCHAR, key VARCHAR, condition VARCHAR, seed INTEGER, source_set VARCHAR,
    sources VARCHAR, target VARCHAR, rate DOUBLE, pretrained VARCHAR
);
CREATE TABLE member_data (study VARCHAR, key VARCHAR, condition VARCHAR);

CREATE TABLE ingested (key VARCHAR PRIMARY KEY, kind VARCHAR, seconds DOUBLE, host VARCHAR, device VARCHAR);
CREATE TABLE result_network (
    key VARCHAR, parameters BIGINT, macs BIGINT, images_per_second DOUBLE, best_epoch INTEGER,
    training_macs DOUBLE
);
CREATE TABLE result_loss (key VARCHAR, target VARCHAR, split VARCHAR, loss DOUBLE);
CREATE TABLE result_metric (
    key VARCHAR, target VARCHAR, split VARCHAR, metric VARCHAR, value DOUBLE,
    higher_is_better BOOLEAN
);
CREATE TABLE result_curve (
    key VARCHAR, target VARCHAR, split VARCHAR, epoch INTEGER, loss DOUBLE
);
CREATE TABLE result_method_log (
    key VARCHAR, epoch INTEGER, quantity VARCHAR, name VARCHAR, value DOUBLE
);
CREATE TABLE result_duplicate (
    key VARCHAR, source VARCHAR, target VARCHAR, test BIGINT, duplicates BIGINT, same_label BIGINT
);
CREATE TABLE result_sample (key VARCHAR, target VARCHAR, image VARCHAR, path VARCHAR);
CREATE TABLE result_constant (key VARCHAR, split VARCHAR, loss DOUBLE);
CREATE TABLE result_data (
    key VARCHAR, fingerprint VARCHAR, split VARCHAR, images BIGINT, excluded BIGINT, reason VARCHAR
);
CREATE TABLE result_score (
    key VARCHAR, target VARCHAR, partner VARCHAR, value DOUBLE, state VARCHAR, reason VARCHAR,
    macs DOUBLE, seconds DOUBLE
);
CREATE TABLE result_group_score (
    key VARCHAR, target VARCHAR, network VARCHAR, value DOUBLE
);

-- Figures read from files that others published.
CREATE TABLE member_figures (study VARCHAR, key VARCHAR, condition VARCHAR);
CREATE TABLE figure_network (
    key VARCHAR, seed INTEGER, network VARCHAR, capacity DOUBLE, macs DOUBLE
);
CREATE TABLE figure_loss (
    key VARCHAR, seed INTEGER, network VARCHAR, capacity DOUBLE, target VARCHAR, split VARCHAR,
    loss DOUBLE
);
CREATE TABLE figure_gain (
    key VARCHAR, seed INTEGER, target VARCHAR, network VARCHAR, quantity VARCHAR,
    baseline VARCHAR, denominator VARCHAR, split VARCHAR, gain DOUBLE
);
CREATE TABLE figure_score (
    key VARCHAR, seed INTEGER, score VARCHAR, label VARCHAR, target VARCHAR, partner VARCHAR,
    value DOUBLE
);
CREATE TABLE figure_transfer (
    key VARCHAR, seed INTEGER, source_set VARCHAR, sources VARCHAR, target VARCHAR,
    split VARCHAR, metric VARCHAR, value DOUBLE, pretrain_macs DOUBLE, finetune_macs DOUBLE,
    seconds DOUBLE, note VARCHAR
);

-- What the derived rows of a study were computed from, so that they are computed once.
CREATE TABLE derived (study VARCHAR, digest VARCHAR);
CREATE TABLE agreement_row (
    study VARCHAR, condition VARCHAR, score_condition VARCHAR, score VARCHAR, level VARCHAR,
    quantity VARCHAR, baseline VARCHAR, denominator VARCHAR, split VARCHAR, measure VARCHAR,
    target VARCHAR, fit VARCHAR, value DOUBLE, low DOUBLE, high DOUBLE, p DOUBLE,
    p_corrected DOUBLE, p_smallest DOUBLE, ceiling DOUBLE, n_tasks INTEGER, n_pairs INTEGER,
    n_seeds INTEGER, reason VARCHAR
);
CREATE TABLE group_score_row (
    study VARCHAR, condition VARCHAR, seed INTEGER, score VARCHAR, target VARCHAR,
    network VARCHAR, value DOUBLE
);
CREATE TABLE selection_row (
    study VARCHAR, condition VARCHAR, seed INTEGER, method VARCHAR, limit_kind VARCHAR,
    budget DOUBLE, networks VARCHAR, assign VARCHAR, val_total DOUBLE, test_total DOUBLE,
    regret DOUBLE, reason VARCHAR
);
CREATE TABLE proxy_row (
    study VARCHAR, condition VARCHAR, seed INTEGER, score VARCHAR, target VARCHAR,
    partner VARCHAR, value DOUBLE, macs DOUBLE, seconds DOUBLE
);
CREATE TABLE reliability_row (
    study VARCHAR, condition VARCHAR, quantity VARCHAR, baseline VARCHAR, denominator VARCHAR,
    split VARCHAR, n_tasks INTEGER, n_seeds INTEGER, averaged INTEGER, r_bar DOUBLE,
    reliability DOUBLE, ceiling DOUBLE, low DOUBLE, high DOUBLE, coverage DOUBLE,
    coverage_error DOUBLE, reason VARCHAR
);
CREATE TABLE variance_row (
    study VARCHAR, condition VARCHAR, quantity VARCHAR, baseline VARCHAR, denominator VARCHAR,
    split VARCHAR, part VARCHAR, variance DOUBLE, share DOUBLE, reason VARCHAR
);
CREATE TABLE seed_interval_row (
    study VARCHAR, condition VARCHAR, score VARCHAR, quantity VARCHAR, baseline VARCHAR,
    denominator VARCHAR, split VARCHAR, measure VARCHAR, fit VARCHAR, low DOUBLE, high DOUBLE,
    reason VARCHAR
);
CREATE TABLE transfer_set_row (
    study VARCHAR, condition VARCHAR, source_set VARCHAR, target_group VARCHAR, quantity VARCHAR,
    split VARCHAR, n_sources DOUBLE, n_targets INTEGER, n_seeds INTEGER, value DOUBLE,
    gain DOUBLE, low DOUBLE, high DOUBLE, seed_low DOUBLE, seed_high DOUBLE, spread DOUBLE,
    pretrain_macs DOUBLE, finetune_macs DOUBLE, seconds DOUBLE, reason VARCHAR
);
CREATE TABLE transfer_test_row (
    study VARCHAR, condition VARCHAR, related_set VARCHAR, random_sets VARCHAR, quantity VARCHAR,
    split VARCHAR, difference DOUBLE, p DOUBLE, p_smallest DOUBLE, n_targets INTEGER,
    n_draws INTEGER, n_seeds INTEGER, reason VARCHAR
);
