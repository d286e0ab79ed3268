use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn cron_runs_in_its_time_zone() {
    let schedule = Schedule::cron("0 3 * * *", Some("Europe/Berlin")).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-07-01T00:00:00Z")),
        Some(at("2026-07-01T01:00:00Z"))
    );
    assert_eq!(
        schedule.next_after(at("2026-12-01T00:00:00Z")),
        Some(at("2026-12-01T02:00:00Z"))
    );
}

#[test]
fn without_a_time_zone_it_is_utc() {
    let schedule = Schedule::cron("30 4 * * 1", None).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-11-21T00:00:00Z")),
        Some(at("2026-11-23T04:30:00Z"))
    );
}

#[test]
fn the_clock_change_neither_skips_nor_doubles_a_day() {
    let schedule = Schedule::cron("30 2 * * *", Some("Europe/Berlin")).unwrap();
    for (from, days) in [("2026-03-27T12:00:00Z", 4), ("2026-10-23T12:00:00Z", 4)] {
        let mut last = at(from);
        let end = last + SignedDuration::from_hours(24 * days);
        let mut runs = 0;
        while let Some(next) = schedule.next_after(last).filter(|next| *next <= end) {
            assert!(next > last);
            last = next;
            runs += 1;
        }
        assert!(
            (days - 1..=days + 1).contains(&runs),
            "{runs} runs in {days} days"
        );
    }
}

#[test]
fn many_missed_times_are_one_rotation() {
    let schedule = Schedule::cron("* * * * *", None).unwrap();
    let (last, now) = (at("2026-01-01T00:00:00Z"), at("2026-03-01T00:00:30Z"));
    assert!(schedule.is_due(last, now));
    assert!(!schedule.is_due(now, now), "once rotated, the next time is ahead");
}

#[test]
fn every_counts_from_the_last_time() {
    let schedule = Schedule::every(Duration::from_hours(1)).unwrap();
    assert_eq!(
        schedule.next_after(at("2026-01-01T00:00:00Z")),
        Some(at("2026-01-01T01:00:00Z"))
    );
    assert!(!schedule.is_due(at("2026-01-01T00:00:00Z"), at("2026-01-01T00:59:59Z")));
    assert!(schedule.is_due(at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z")));
}

#[test]
fn mistakes_name_the_field_and_the_fix() {
    for (expression, zone, expected) in [
        ("0 3 * *", None, "it has 4 fields"),
        ("0 3 * * * *", None, "it has 6 fields"),
        ("61 3 * * *", None, "\"61 3 * * *\" is not a cron expression"),
        ("0 3 * * *", Some("Mars/Base"), "timeZone: \"Mars/Base\""),
    ] {
        let message = Schedule::cron(expression, zone).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
    assert_eq!(
        Schedule::every(Duration::ZERO).unwrap_err(),
        BadSchedule::TooShort
    );
}
