//! The decision: what to add to a pod, or why it is refused. Pure: the pod, the settings, the names that
//! are known and the trust bundle come in; a patch and warnings go out.

use coffer_wire::{AgentConfig, Delivery, Selection, VariableSpec};
use k8s_openapi::api::core::v1::VolumeMount;

use crate::{
    advice, annotation,
    denied::Denied,
    known::{Index, Reader},
    patch::{Patch, Value},
    pod::{
        Chosen,
        agent::{self, Identity},
        bundle::{self, Bundle},
        choice, exec,
        files::{self, Directories},
        marker, refusal, signal, token,
        variables::{self, Resolved},
        volumes::{self, Mebibytes},
    },
    settings::Injection,
    view::Pod,
    wish::{Mode, Variables, Wish},
};

/// What a decision rests on beside the pod.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// The injector's own configuration.
    pub settings: &'c Injection,
    /// PEM certificates for the agent to trust.
    pub trust: &'c str,
    /// PEM certificates for the agent to trust when it asks the injector for a bundle's key.
    pub authorities: &'c str,
    /// The names of vaults and keys.
    pub known: &'c Index,
    /// The namespace of the request.
    pub namespace: &'c str,
}

/// A patch, empty for a pod that was injected before, and what its author should know.
#[derive(Debug, Default)]
pub struct Injected {
    /// What to add.
    pub patch: Patch,
    /// Admission warnings.
    pub warnings: Vec<String>,
}

/// Decides on an opted-in pod.
pub fn decide(pod: &Pod<'_>, context: Context<'_>) -> Result<Injected, Denied> {
    if marker::is_injected(pod)? {
        return Ok(Injected::default());
    }
    let wish = annotation::parse(&pod.metadata, context.namespace)?;
    refusal::check(pod)?;
    let plan = Plan::of(pod, &wish, context)?;
    let mut injected = Injected {
        patch: Patch::default(),
        warnings: plan.warnings(pod, &wish, context),
    };
    plan.into_patch(pod, &wish, context, &mut injected)?;
    Ok(injected)
}

/// A wish that fits its pod.
struct Plan<'p> {
    chosen: Vec<Chosen<'p>>,
    directories: Directories<'p>,
    /// Variables to declare to kubelet; none in `exec` mode.
    declared: Resolved,
    identity: Identity,
}

impl<'p> Plan<'p> {
    fn of(pod: &'p Pod<'p>, wish: &'p Wish, context: Context<'_>) -> Result<Self, Denied> {
        let chosen = choice::choose(pod, wish.containers.as_deref())?;
        let directories = Directories::of(&wish.files)?;
        directories.check(&chosen)?;
        if uses_exec(wish) {
            exec::check(&chosen)?;
        }
        let readable = context.known.readable(wish, reader(pod, context));
        let declared = match wish.mode {
            Mode::EnvFile => variables::resolve(&wish.variables, readable)?,
            Mode::Exec => variables::resolve_for_exec(&wish.variables),
        };
        let identity = Identity::of(&pod.spec, &chosen);
        signal::check(pod, wish, &chosen, identity)?;
        Ok(Self {
            chosen,
            directories,
            declared,
            identity,
        })
    }

    fn warnings(&self, pod: &Pod<'_>, wish: &Wish, context: Context<'_>) -> Vec<String> {
        let mut warnings = annotation::misspelt(&pod.metadata);
        warnings.extend(refusal::warnings(pod));
        warnings.extend(self.declared.warnings.iter().cloned());
        let security = pod.spec.security_context.unwrap_or_default();
        warnings.extend(files::warnings(
            &wish.files,
            &self.chosen,
            security,
            self.identity.user,
        ));
        warnings.extend(advice::of(wish, context.known, reader(pod, context)));
        warnings.extend(signal::warning(wish, context.known));
        warnings
    }

    fn into_patch(
        self,
        pod: &Pod<'_>,
        wish: &Wish,
        context: Context<'_>,
        injected: &mut Injected,
    ) -> Result<(), Denied> {
        for chosen in &self.chosen {
            self.patch_container(chosen, wish, injected)?;
        }
        let patch = &mut injected.patch;
        let memory = self.memory(wish, context.settings.volume_size);
        let in_memory = memory.iter().map(|(name, size)| volumes::memory(name, *size));
        let mut config = self.config(wish, context);
        let bundle = Bundle::of(
            wish,
            reader(pod, context),
            context.settings,
            context.authorities,
            &mut config,
        )?;
        let volumes = in_memory
            .chain([token::volume(&context.settings.audience)])
            .chain(bundle.map(Bundle::into_volume));
        let volumes = volumes.map(|volume| Value::Volume(Box::new(volume)));
        patch.append("/spec/volumes", pod.spec.volumes.is_some(), volumes);
        let agent = agent::container(
            context.settings,
            &pod.spec,
            self.identity,
            &config,
            self.agent_mounts(wish),
            memory.iter().map(|(_, size)| *size).sum(),
        )?;
        // Last: it moves the other init containers, to which the operations above point.
        let first = [Value::Container(Box::new(agent))];
        patch.prepend("/spec/initContainers", pod.spec.init_containers.is_some(), first);
        marker::mark(patch, pod);
        Ok(())
    }

    fn patch_container(
        &self,
        chosen: &Chosen<'_>,
        wish: &Wish,
        injected: &mut Injected,
    ) -> Result<(), Denied> {
        let pointer = chosen.place.pointer();
        let fitting = self.declared.fitting(chosen, &mut injected.warnings)?;
        let patch = &mut injected.patch;
        let mut mounts: Vec<VolumeMount> = self.directories.app_mounts().collect();
        if uses_exec(wish) {
            mounts.push(exec::app_mount());
            patch.prepend(&format!("{pointer}/command"), true, exec::prefix());
        } else {
            // In front, so that a variable of the author's may refer to ours as $(NAME).
            let variables = fitting
                .into_iter()
                .map(|v| Value::Variable(Box::new(variables::file_key_ref(&v.name))));
            patch.prepend(
                &format!("{pointer}/env"),
                chosen.container.env.is_some(),
                variables,
            );
        }
        let mounts = mounts.into_iter().map(|mount| Value::Mount(Box::new(mount)));
        patch.append(
            &format!("{pointer}/volumeMounts"),
            chosen.container.volume_mounts.is_some(),
            mounts,
        );
        Ok(())
    }

    /// The memory volumes, and the most that each may hold.
    fn memory(&self, wish: &Wish, most: Mebibytes) -> Vec<(String, Mebibytes)> {
        let state = (volumes::STATE.to_owned(), Mebibytes::STATE);
        let variables = variables_volume(wish).map(|(name, _)| (name.to_owned(), self.room(wish, most)));
        let all = [state]
            .into_iter()
            .chain(variables)
            .chain(self.directories.volumes());
        all.map(|(name, size)| (name, size.min(most))).collect()
    }

    /// What the variables may take; of those that the agent resolves itself, nobody knows how many there will be.
    fn room(&self, wish: &Wish, most: Mebibytes) -> Mebibytes {
        let values = Mebibytes::holding(self.declared.variables.len(), 0);
        match (wish.mode, &wish.variables) {
            (Mode::EnvFile, _) => values,
            (Mode::Exec, Variables::All) => most,
            (Mode::Exec, Variables::Named(_)) => [values, Mebibytes::WRAPPER].into_iter().sum(),
        }
    }

    fn agent_mounts(&self, wish: &Wish) -> Vec<VolumeMount> {
        let own = [
            volumes::writable(volumes::STATE, agent::STATE_DIRECTORY),
            token::mount(),
        ];
        let variables = variables_volume(wish).map(|(name, path)| volumes::writable(name, path));
        own.into_iter()
            .chain(wish.max_stale.map(|_| bundle::mount()))
            .chain(variables)
            .chain(self.directories.agent_mounts())
            .collect()
    }

    fn config(&self, wish: &Wish, context: Context<'_>) -> AgentConfig {
        let pairs = || {
            self.declared
                .variables
                .iter()
                .map(|v| (v.name.clone(), v.secret.as_str().to_owned()))
        };
        let selection = match wish.variables {
            Variables::All if wish.mode == Mode::Exec => Selection::All,
            _ => Selection::Named(pairs().collect()),
        };
        let (delivery, directory) = if uses_exec(wish) {
            (Delivery::Exec, exec::AGENT_DIRECTORY)
        } else {
            (Delivery::EnvFile, variables::AGENT_DIRECTORY)
        };
        AgentConfig {
            server: context.settings.server.clone(),
            trust: context.trust.to_owned(),
            organization: wish.organization.as_str().to_owned(),
            vault: wish.vault.as_str().to_owned(),
            environment: wish.environment.as_str().to_owned(),
            token_file: token::FILE.to_owned(),
            variables: VariableSpec {
                delivery,
                dir: directory.to_owned(),
                selection,
            },
            files: self.directories.specs(),
            state_dir: agent::STATE_DIRECTORY.to_owned(),
            stale: None,
            signal: signal::spec(wish, context.known),
        }
    }
}

fn reader<'r>(pod: &'r Pod<'_>, context: Context<'r>) -> Reader<'r> {
    let service_account = pod
        .spec
        .service_account_name
        .as_ref()
        .map_or("default", |name| name.as_str());
    Reader {
        namespace: context.namespace,
        service_account,
    }
}

/// Whether the wrapper is used: a pod that asks only for files keeps its commands.
fn uses_exec(wish: &Wish) -> bool {
    wish.mode == Mode::Exec && wish.has_variables()
}

/// The volume by which variables arrive, and where the agent mounts it.
fn variables_volume(wish: &Wish) -> Option<(&'static str, &'static str)> {
    wish.has_variables().then_some(match wish.mode {
        Mode::EnvFile => (volumes::ENV, variables::AGENT_DIRECTORY),
        Mode::Exec => (volumes::EXEC, exec::AGENT_DIRECTORY),
    })
}
