//! Cron schedules: none panics, and the next time is after the last.

#![no_main]

use coffer_domain::rotation::Schedule;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|given: (&str, Option<&str>, i32)| {
    let (expression, zone, at) = given;
    if let Ok(schedule) = Schedule::cron(expression, zone) {
        let last = Timestamp::from_second(i64::from(at)).unwrap_or(Timestamp::UNIX_EPOCH);
        assert!(schedule.next_after(last).is_none_or(|next| next > last));
    }
});
