//! Our objects by themselves: their definitions' schemas and rules, schedules, templates.

use coffer_crds::{
    ApiKeyRotation, BadTiming, KeyRotation, Rotation, Timing, VaultSecretSpec, check::complaints,
};
use coffer_domain::{rotation::Schedule, template::Template, usecase::nearest};

use super::{
    finding::{Level, Report},
    objects::{Object, Objects},
};

/// Checks each by itself.
pub fn check(objects: &Objects, report: &mut Report) {
    objects.check_twice(report);
    for object in objects.iter().filter(|object| object.is_ours()) {
        definition(object, report);
    }
    for (object, spec) in objects.vaults() {
        let timing = spec.key_rotation.as_ref().map(KeyRotation::timing);
        schedule(object, "spec.keyRotation", timing, report);
    }
    for (object, spec) in objects.keys() {
        let timing = spec.rotation.as_ref().map(ApiKeyRotation::timing);
        schedule(object, "spec.rotation", timing, report);
    }
    for (object, spec) in objects.secrets() {
        let timing = spec.rotation.as_ref().map(Rotation::timing);
        schedule(object, "spec.rotation", timing, report);
        templates(object, &spec, report);
    }
}

/// What an API server would say.
fn definition(object: &Object, report: &mut Report) {
    if !object.is_known() {
        let message = format!(
            "there is no {} in {}: the version is coffer.dev/v1alpha1",
            object.kind, object.value["apiVersion"]
        );
        return report.push(object.finding(Level::Error, message));
    }
    if object.name.is_empty() {
        report.push(object.finding(Level::Error, "metadata.name: Required value"));
    }
    let mut value = object.value.clone();
    if let Some(whole) = value.as_object_mut() {
        // What an operator writes is not for Git, and no reason to refuse what it is part of.
        whole.remove("status");
    }
    for complaint in complaints(&object.kind, &mut value, None) {
        let complaint = complaint.trim_start_matches(['.', ':', ' ']);
        report.push(object.finding(Level::Error, complaint));
    }
}

/// What the operator would say of a schedule. One of neither kind is the definition's to refuse.
fn schedule(
    object: &Object,
    field: &str,
    timing: Option<Result<Timing<'_>, BadTiming>>,
    report: &mut Report,
) {
    let Some(Ok(timing)) = timing else { return };
    let schedule = match timing {
        Timing::Schedule { cron, time_zone } => Schedule::cron(cron, Some(time_zone)),
        Timing::Every(period) => Schedule::every(std::time::Duration::from_secs(period.to_seconds())),
    };
    if let Err(bad) = schedule {
        report.push(object.finding(Level::Error, format!("{field}.{bad}")));
    }
}

/// What the operator would say of the templates of a synced Secret.
fn templates(object: &Object, spec: &VaultSecretSpec, report: &mut Report) {
    let texts = spec.sync.as_ref().and_then(|sync| sync.template.as_ref());
    let names = spec.secret_names();
    for (key, text) in texts.into_iter().flatten() {
        let field = format!("spec.sync.template.{key}");
        match Template::parse(text) {
            Err(bad) => report.push(object.finding(Level::Error, format!("{field}: {bad}"))),
            Ok(template) => {
                for unknown in template.names().iter().filter(|name| !names.contains(name)) {
                    let hint = hint(unknown, names.iter().map(String::as_str));
                    let message = format!("{field}: data has no entry {unknown}{hint}");
                    report.push(object.finding(Level::Error, message));
                }
            }
        }
    }
}

/// The nearest of those known, to end a message with.
pub fn hint<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |near| format!("; did you mean {near}?"))
}
