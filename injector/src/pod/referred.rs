//! Variables that a container sets to a reference: each is replaced by what it stands for, in its place, so that whatever
//! refers to it as `$(NAME)` still does. Two containers may call different secrets by one name; what the agent writes
//! for each is then called differently.

use super::{Chosen, variables::file_key_ref};
use crate::{
    annotation::{ENV, MODE, MOST_ENTRIES},
    denied::Denied,
    patch::{Patch, Value},
    view::{Container, Text},
    wish::{At, Mode, Referred, Variable, Variables, Wish},
};

/// What the agent is to write, and who uses it.
#[derive(Debug, Default)]
pub struct Slots<'w> {
    /// One for each secret and name.
    pub variables: Vec<Variable>,
    /// Each reference, with the name of what the agent writes for it.
    used: Vec<(&'w Referred, String)>,
}

impl<'w> Slots<'w> {
    /// Beside the variables that the annotation asks for.
    pub fn of(wish: &'w Wish, declared: &[Variable]) -> Result<Self, Denied> {
        let mut slots = Self::default();
        if wish.references.is_empty() {
            return Ok(slots);
        }
        if wish.mode == Mode::Exec && wish.variables == Variables::All {
            return Err(Denied::new(
                ENV,
                format!("\"*\" stands beside references, with {MODE}: exec"),
                "name the variables",
            ));
        }
        for referred in &wish.references {
            // As for kubelet, what env says comes before what envFrom brings.
            if referred.at == At::EnvFrom && declared.iter().any(|it| it.name == referred.name) {
                continue;
            }
            slots.take(referred, declared);
        }
        if slots.variables.len() + declared.len() > MOST_ENTRIES {
            let problem = "with those of references, variables are too many";
            return Err(Denied::new(
                ENV,
                problem,
                format!("ask for at most {MOST_ENTRIES}"),
            ));
        }
        Ok(slots)
    }

    /// What the agent is to write, each with what asks for it first.
    pub fn wanted(&self) -> impl Iterator<Item = (&Variable, String)> {
        self.variables.iter().filter_map(|variable| {
            let (referred, _) = self.used.iter().find(|(_, slot)| *slot == variable.name)?;
            Some((variable, referred.about()))
        })
    }

    fn take(&mut self, referred: &'w Referred, declared: &[Variable]) {
        let same = |it: &&Variable| it.secret == referred.secret && it.field == referred.field;
        let named = |it: &&Variable| {
            let tail = it.name.strip_prefix(referred.name.as_str());
            tail.is_some_and(|tail| tail.is_empty() || tail.starts_with("__"))
        };
        if let Some(there) = self.variables.iter().filter(same).find(named) {
            return self.used.push((referred, there.name.clone()));
        }
        let taken = |name: &str| self.variables.iter().chain(declared).any(|it| it.name == name);
        let mut name = referred.name.clone();
        let mut number = 2;
        while taken(&name) {
            name = format!("{}__{number}", referred.name);
            number += 1;
        }
        self.used.push((referred, name.clone()));
        self.variables.push(Variable {
            name,
            secret: referred.secret.clone(),
            field: referred.field.clone(),
        });
    }

    /// Replaces what one container says. Before anything is put in front of its variables: their places count.
    pub fn replace(&self, chosen: &Chosen<'_>, patch: &mut Patch) {
        for (referred, slot) in self.of_container(chosen) {
            if let At::Entry(i) = referred.at {
                let variable = file_key_ref(&referred.name, slot);
                patch.replace(
                    format!("{}/env/{i}", chosen.place.pointer()),
                    Value::Variable(Box::new(variable)),
                );
            }
        }
    }

    /// What one container's `envFrom` says, as entries for `env`.
    pub fn brought(&self, chosen: &Chosen<'_>) -> impl Iterator<Item = Value> {
        let brought = self
            .of_container(chosen)
            .filter(|(referred, _)| referred.at == At::EnvFrom);
        brought.map(|(referred, slot)| Value::Variable(Box::new(file_key_ref(&referred.name, slot))))
    }

    /// For the wrapper, which leaves alone what is set: removes what one container says.
    pub fn remove(&self, chosen: &Chosen<'_>, patch: &mut Patch) {
        let mut entries: Vec<usize> = self
            .of_container(chosen)
            .filter_map(|(referred, _)| match referred.at {
                At::Entry(i) => Some(i),
                At::EnvFrom => None,
            })
            .collect();
        // From the end, so that the places before stay what they are.
        entries.sort_unstable();
        for i in entries.into_iter().rev() {
            patch.remove(format!("{}/env/{i}", chosen.place.pointer()));
        }
    }

    fn of_container(&self, chosen: &Chosen<'_>) -> impl Iterator<Item = (&'w Referred, &str)> {
        let place = chosen.place;
        let here = self
            .used
            .iter()
            .filter(move |(referred, _)| referred.place == place);
        here.map(|(referred, slot)| (*referred, slot.as_str()))
    }

    /// What the wrapper cannot do, since kubelet is not asked.
    pub fn check_exec(&self, chosen: &[Chosen<'_>]) -> Result<(), Denied> {
        for (referred, slot) in &self.used {
            let refuse = |problem: &str| {
                let fix = format!("write {MODE}: env-file");
                Err(Denied::new(referred.about(), problem, fix))
            };
            if referred.at == At::EnvFrom {
                return refuse("the wrapper cannot replace what envFrom brings");
            }
            if *slot != referred.name {
                return refuse("another container calls another secret so, and the wrapper has one for all");
            }
            let container = chosen.iter().find(|it| it.place == referred.place);
            if container.is_some_and(|it| is_expanded(it.container, &referred.name)) {
                return refuse(
                    "kubelet puts it in place of $(…) elsewhere in the container, before the wrapper runs",
                );
            }
        }
        Ok(())
    }
}

/// Whether kubelet would put the variable somewhere.
fn is_expanded(container: &Container<'_>, name: &str) -> bool {
    let form = format!("$({name})");
    let holds = |text: &Text<'_>| text.as_str().contains(&form);
    let words = container.command.iter().chain(&container.args).flatten();
    let values = container
        .env
        .iter()
        .flatten()
        .filter_map(|variable| variable.value.as_ref());
    words.chain(values).any(holds)
}
