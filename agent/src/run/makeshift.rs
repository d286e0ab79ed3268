//! Making do with a last-known-good bundle while nobody answers, and the word that this is over.

use super::Agent;
use crate::apply::apply;
use crate::log;
use crate::plan::plan;
use crate::report::Reason;
use crate::stale::Keys;

impl Agent {
    /// Nobody answers: once that has lasted, a pod that is held starts with the values that are kept for it. Why it waits
    /// for the server still, or again.
    pub(super) fn make_do(&mut self, absent: Reason) -> Reason {
        if self.ready || self.settings.stale.is_none() || !self.absence.lasts() {
            return absent;
        }
        match self.start_stale() {
            Ok(()) => absent,
            Err(error) => Reason::passing(&format!("{}; {error}", absent.text)),
        }
    }

    fn start_stale(&mut self) -> Result<(), String> {
        let Some(stale) = &self.settings.stale else {
            return Ok(());
        };
        // Noted first: a pod that was marked must not forget it.
        if !self.stale {
            self.state.set_stale(true).map_err(|e| e.to_string())?;
            self.stale = true;
        }
        let keys = Keys::new(stale, &self.settings.token_file).map_err(|e| e.to_string())?;
        let secrets = keys.values().map_err(|e| e.to_string())?;
        let plan = plan(&self.settings, &secrets).map_err(|e| e.to_string())?;
        apply(&self.settings, &plan).map_err(|e| e.to_string())?;
        self.tell_application(&plan.versions);
        log::warn("in-place-from-bundle", &[("secrets", &plan.versions.len())]);
        self.set_ready().map_err(|e| e.to_string())
    }

    /// After current values were acknowledged: takes the mark from the pod, if there is one.
    pub(super) fn tell_current(&mut self) -> Result<(), String> {
        if let (true, Some(stale)) = (self.stale, &self.settings.stale) {
            let keys = Keys::new(stale, &self.settings.token_file).map_err(|e| e.to_string())?;
            keys.tell_current().map_err(|e| e.to_string())?;
            self.state.set_stale(false).map_err(|e| e.to_string())?;
            self.stale = false;
        }
        Ok(())
    }
}
