//! From facts to what is told of one pod, or of one that would be made. Pure; what the injector decides is asked of the
//! injector itself.

use coffer_injector::{
    advice, annotation,
    decide::decide,
    denied::Denied,
    injected::{self, Carried},
    known::{Index, Reader},
    pod::choice,
    view::Pod,
    wish::{Mode, Wish},
};

use super::{
    super::injection,
    around,
    facts::{Facts, Subject},
    item::Items,
    report::{Code, Reason, Report, State},
    stage::{self, Stage},
    wanted::Place,
};

/// What is made of the pod as its author wrote it.
struct Judged {
    wish: Option<Wish>,
    /// Why it gets no agent.
    refusals: Vec<Reason>,
    remarks: Vec<Reason>,
}

/// Explains one object.
pub fn explain(subject: &Subject, facts: &Facts) -> Report {
    let mut report = blank(subject, facts);
    let author = match subject.live_pod() {
        Some(_) => injected::original(&subject.pod),
        None => subject.pod.clone(),
    };
    let text = author.to_string();
    let carried = subject.live_pod().map(injected::carried).transpose();
    let (pod, carried) = match (serde_json::from_str::<Pod<'_>>(&text), carried) {
        (Ok(pod), Ok(carried)) => (pod, carried.flatten()),
        (Err(bad), _) => return unreadable(report, &format!("it cannot be read as a pod: {bad}")),
        (_, Err(bad)) => {
            return unreadable(report, &format!("another version of the injector made it: {bad}"));
        }
    };
    let index = facts.index();
    let account = pod.spec.service_account_name.as_ref();
    let reader = Reader {
        namespace: &subject.object.namespace,
        service_account: account.map_or("default", |name| name.as_str()),
    };
    let judged = judge(&pod, &index, reader);
    let stage = match (subject.live_pod(), &carried) {
        (None, _) => Stage::NotMade,
        (Some(_), None) => Stage::Bare,
        (Some(pod), Some(_)) => stage::of(pod),
    };
    reader.service_account.clone_into(&mut report.service_account);
    whole(&mut report, &judged, &stage, subject, facts);
    where_from(&mut report, &judged, carried.as_ref());
    containers(&mut report, &pod, judged.wish.as_ref());
    let items = Items {
        facts,
        index: &index,
        reader,
        wish: judged.wish.as_ref(),
        carried: carried.as_ref(),
        by_env_file: judged
            .wish
            .as_ref()
            .is_some_and(|wish| wish.mode == Mode::EnvFile),
        live: subject.live_pod(),
        stage: &stage,
        refused: !report.reasons.is_empty(),
    };
    report.items = items.all();
    report.state = overall(&report);
    report
}

fn blank(subject: &Subject, facts: &Facts) -> Report {
    Report {
        object: subject.object.clone(),
        exists: subject.live_pod().is_some(),
        service_account: String::new(),
        vault: None,
        environment: None,
        containers: Vec::new(),
        state: State::Present,
        reasons: Vec::new(),
        remarks: Vec::new(),
        items: Vec::new(),
        pods: Vec::new(),
        not_read: facts.not_read(),
    }
}

fn unreadable(mut report: Report, why: &str) -> Report {
    report.reasons.push(Reason::new(Code::Unreadable, why));
    report.state = State::Missing;
    report
}

/// Asks the injector. Its advice on names is left out: that is told of each item, and in more words.
fn judge(pod: &Pod<'_>, index: &Index, reader: Reader<'_>) -> Judged {
    let wish = annotation::parse(&pod.metadata, reader.namespace).ok();
    let mut judged = Judged {
        wish,
        refusals: Vec::new(),
        remarks: Vec::new(),
    };
    let refused = |denied: Denied| Reason::new(Code::Refused, format!("the injector refuses it: {denied}"));
    match annotation::opted_in(&pod.metadata) {
        Err(denied) => judged.refusals.push(refused(denied)),
        Ok(false) => judged.refusals.push(not_opted_in(pod)),
        Ok(true) => {
            let settings = injection::settings();
            let context = injection::context(&settings, index, reader.namespace);
            match decide(pod, context) {
                Err(denied) => judged.refusals.push(refused(denied)),
                Ok(injected) => {
                    let advice = judged.wish.as_ref().map(|wish| advice::of(wish, index, reader));
                    let advice = advice.unwrap_or_default();
                    let others = injected.warnings.into_iter().filter(|it| !advice.contains(it));
                    judged.remarks = others.map(|it| Reason::new(Code::Warning, it)).collect();
                }
            }
        }
    }
    judged
}

fn not_opted_in(pod: &Pod<'_>) -> Reason {
    let inject = annotation::INJECT;
    let message = if pod.metadata.annotation(inject) == Some("false") {
        format!("{inject} is \"false\": write \"true\" to have secrets injected")
    } else if annotation::has_any(&pod.metadata) {
        format!("it has annotations of ours, but not {inject}: \"true\": they have no effect")
    } else {
        format!(
            "it has no annotation {inject}: \"true\" (of a Deployment and the like, it belongs into spec.template.metadata)"
        )
    };
    Reason::new(Code::NotOptedIn, message)
}

/// What concerns all of it.
fn whole(report: &mut Report, judged: &Judged, stage: &Stage, subject: &Subject, facts: &Facts) {
    let namespace = &subject.object.namespace;
    report.remarks.extend(judged.remarks.iter().cloned());
    let refusals = judged.refusals.iter();
    match stage {
        Stage::NotMade => {
            report.reasons.extend(refusals.cloned());
            if report.reasons.is_empty() {
                report.reasons.extend(around::uncalled(facts, namespace));
            }
            report.reasons.extend(around::not_created(facts, subject));
        }
        Stage::Bare => {
            report.reasons.extend(refusals.cloned());
            if report.reasons.is_empty() {
                let why = around::uncalled(facts, namespace).unwrap_or_else(not_injected);
                report.reasons.push(why);
            }
        }
        Stage::Before(reason) => {
            let told = around::told(facts, subject, "SecretsRefused").filter(|_| reason.code == Code::Held);
            let message = told.unwrap_or_else(|| reason.message.clone());
            report.reasons.push(Reason::new(reason.code, message));
            report.remarks.extend(refusals.map(of_a_new_one));
        }
        Stage::Started => report.remarks.extend(refusals.map(of_a_new_one)),
        Stage::Ended(served) => {
            let reason = Reason::new(Code::Ended, "the pod has come to its end");
            let list = if *served {
                &mut report.remarks
            } else {
                &mut report.reasons
            };
            list.push(reason);
        }
    }
    report.remarks.extend(subject.live_pod().and_then(around::stale));
}

fn not_injected() -> Reason {
    let message = "the pod carries no agent: it was made before its annotations were, or while no injector answered; have it \
                   made anew";
    Reason::new(Code::NotInjected, message)
}

fn of_a_new_one(reason: &Reason) -> Reason {
    let message = format!(
        "a new pod with its present annotations would get nothing: {}",
        reason.message
    );
    Reason::new(reason.code, message)
}

fn where_from(report: &mut Report, judged: &Judged, carried: Option<&Carried>) {
    let place = carried
        .map(Place::of_carried)
        .or_else(|| judged.wish.as_ref().map(Place::of_wish));
    let Some(place) = place else { return };
    report.vault = Some(format!("{}/{}", place.organization, place.vault));
    report.environment = Some(place.environment);
}

fn containers(report: &mut Report, pod: &Pod<'_>, wish: Option<&Wish>) {
    let Some(wish) = wish else { return };
    let Ok(chosen) = choice::choose(pod, wish.containers.as_deref()) else {
        return;
    };
    report.containers = chosen.iter().map(|it| it.name().to_owned()).collect();
    let others = pod.spec.containers.iter().map(|it| it.name.as_str());
    let left_out: Vec<&str> = others
        .filter(|name| !chosen.iter().any(|it| it.name() == *name))
        .collect();
    if !left_out.is_empty() {
        let (which, containers) = (left_out.join(", "), annotation::CONTAINERS);
        let message = format!("containers that get nothing, as {containers} names others: {which}");
        report.remarks.push(Reason::new(Code::ContainersLeftOut, message));
    }
}

/// The worst of all parts.
pub fn overall(report: &Report) -> State {
    let of_reason = |reason: &Reason| match reason.code {
        Code::Held | Code::AgentNotStarted | Code::NotScheduled => State::Waiting,
        _ => State::Missing,
    };
    let whole = report.reasons.iter().map(of_reason);
    let items = report.items.iter().map(|item| item.state);
    let pods = report.pods.iter().map(|pod| pod.state);
    whole.chain(items).chain(pods).max().unwrap_or(State::Present)
}
