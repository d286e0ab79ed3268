//! Which containers are meant.

use crate::{
    annotation::CONTAINERS,
    denied::{Denied, did_you_mean, quoted},
    pod::Chosen,
    view::{Place, Pod},
};

/// The containers named in `wanted`, or all but native sidecars; init containers first.
pub fn choose<'p>(pod: &'p Pod<'p>, wanted: Option<&[String]>) -> Result<Vec<Chosen<'p>>, Denied> {
    let all = || {
        pod.spec
            .all()
            .map(|(place, container)| Chosen { place, container })
    };
    let Some(wanted) = wanted else {
        return Ok(all()
            .filter(|c| matches!(c.place, Place::App(_)) || !c.container.is_sidecar())
            .collect());
    };
    if let Some(unknown) = wanted
        .iter()
        .find(|name| !all().any(|c| c.name() == name.as_str()))
    {
        let names: Vec<&str> = pod.spec.all().map(|(_, c)| c.name.as_str()).collect();
        let near = did_you_mean(unknown, names.iter().copied());
        let problem = format!("the pod has no container {}", quoted(unknown));
        return Err(Denied::new(
            CONTAINERS,
            problem,
            format!("{near}its containers are {}", names.join(", ")),
        ));
    }
    Ok(all()
        .filter(|c| wanted.iter().any(|name| c.name() == name.as_str()))
        .collect())
}
