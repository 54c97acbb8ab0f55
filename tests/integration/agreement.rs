//! Lists that stand in two rooms because no arrow joins them must agree.

#[test]
fn the_scenario_knows_every_metric_of_the_journal_and_no_other() {
    let journal: Vec<&str> = folkmoot::journal::METRIC_NAMES.iter().map(|(name, _)| *name).collect();
    let mut scenario: Vec<&str> = folkmoot::scenario::file::measure::METRIC_NAMES.to_vec();
    let mut journal_sorted = journal;
    journal_sorted.sort_unstable();
    scenario.sort_unstable();
    assert_eq!(scenario, journal_sorted);
    let series: Vec<&str> = folkmoot::journal::METRIC_SERIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(folkmoot::scenario::file::measure::SERIES_NAMES, series);
    assert_eq!(folkmoot::scenario::file::measure::SERIES_ROUNDS_MAX, folkmoot::journal::SERIES_ROUNDS_MAX);
}
