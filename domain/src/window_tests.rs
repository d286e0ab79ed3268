use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(days: &[&str], start: &str, end: &str, zone: &str) -> Window {
    Window::new(days.iter().copied(), start, end, Some(zone)).unwrap()
}

#[test]
fn it_is_open_between_its_hours_in_its_zone() {
    let office = window(&["Mon", "Tue"], "09:00", "17:30", "Europe/Berlin");
    let night = window(&["Fri"], "22:00", "04:00", "UTC");
    let always = window(&[], "00:00", "00:00", "UTC");
    for (window, now, open) in [
        // 2026-11-23 is a Monday; Berlin is an hour ahead.
        (&office, "2026-11-23T07:59:59Z", false),
        (&office, "2026-11-23T08:00:00Z", true),
        (&office, "2026-11-23T16:29:59Z", true),
        (&office, "2026-11-23T16:30:00Z", false),
        (&office, "2026-11-25T10:00:00Z", false),
        // In summer two.
        (&office, "2026-07-06T07:00:00Z", true),
        (&night, "2026-11-27T21:59:59Z", false),
        (&night, "2026-11-27T22:00:00Z", true),
        (&night, "2026-11-28T03:59:59Z", true),
        (&night, "2026-11-28T04:00:00Z", false),
        (&night, "2026-11-28T23:00:00Z", false),
        (&always, "2026-11-28T00:00:00Z", true),
    ] {
        assert_eq!(window.is_open(at(now)), open, "{now}");
    }
}

#[test]
fn the_next_time_is_now_or_the_next_opening() {
    let office = window(&["Mon"], "09:00", "17:00", "UTC");
    for (now, next) in [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
        ("2026-11-23T17:00:00Z", "2026-11-30T09:00:00Z"),
        ("2026-11-22T23:00:00Z", "2026-11-23T09:00:00Z"),
    ] {
        assert_eq!(office.next_open(at(now)), Some(at(next)), "{now}");
    }
    let sooner = window(&["Sun"], "12:00", "13:00", "UTC");
    let both = [office, sooner];
    assert_eq!(
        next_open(&both, at("2026-11-21T00:00:00Z")),
        Some(at("2026-11-22T12:00:00Z"))
    );
    assert_eq!(
        next_open(&[], at("2026-11-21T00:00:00Z")),
        Some(at("2026-11-21T00:00:00Z"))
    );
}

#[test]
fn hours_that_a_clock_change_leaves_out_do_not_lose_the_night() {
    // In Berlin the hour from two to three of 2026-03-29 does not exist.
    let skipped = window(&[], "02:15", "02:45", "Europe/Berlin");
    let opens = skipped.next_open(at("2026-03-29T00:00:00Z")).unwrap();
    assert_eq!(opens, at("2026-03-29T01:15:00Z"));
}

#[test]
fn what_cannot_be_read_is_named() {
    for (days, start, end, zone, words) in [
        ("Monday", "09:00", "17:00", "UTC", "days: \"Monday\""),
        ("Mon", "9", "17:00", "UTC", "start: \"9\""),
        ("Mon", "9:00", "17:00", "UTC", "start: \"9:00\""),
        ("Mon", "09:00", "24:00", "UTC", "end: \"24:00\""),
        ("Mon", "09:00", "+1:00", "UTC", "end: \"+1:00\""),
        ("Mon", "09:00", "17:00", "Berlin", "timeZone: \"Berlin\""),
    ] {
        let bad = Window::new([days], start, end, Some(zone))
            .unwrap_err()
            .to_string();
        assert!(bad.starts_with(words), "{bad}");
    }
}

proptest! {
    #[test]
    fn what_opens_next_is_open_then_and_not_before(
        now in 1_700_000_000_i64..1_900_000_000,
        day in 0_usize..7,
        start in (0_u8..24, 0_u8..60),
        end in (0_u8..24, 0_u8..60),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    ) {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let text = |(hour, minute): (u8, u8)| format!("{hour:02}:{minute:02}");
        let window = Window::new([days[day]], &text(start), &text(end), Some(zone)).unwrap();
        let now = Timestamp::from_second(now).unwrap();
        let opens = window.next_open(now).unwrap();
        prop_assert!(opens >= now && window.is_open(opens));
        if opens > now {
            prop_assert!(!window.is_open(now));
            prop_assert!(!window.is_open(opens - jiff::SignedDuration::from_nanos(1)));
        }
    }
}
