//! What every engine must do, as tests over nothing but the `Store` port. An engine runs all of them with one
//! line: `contract::of_a_store!(fresh)`, where `fresh` is an async function that gives an empty store (and
//! whatever must live as long as it).

pub(crate) mod atomicity;
pub(crate) mod chain;
pub(crate) mod changes;
pub(crate) mod consumers;
pub(crate) mod found;
pub(crate) mod keys;
pub(crate) mod model;
pub(crate) mod moving;
pub(crate) mod records;
pub(crate) mod secrets;
pub(crate) mod tenants;
pub(crate) mod trash;
pub(crate) mod versions;
pub(crate) mod world;

macro_rules! of_a_store {
    (@each $fresh:ident $($module:ident :: { $($case:ident),+ $(,)? })+) => {
        $(mod $module {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (store, _held) = super::$fresh().await;
                crate::contract::$module::$case(store).await;
            })+
        })+
    };
    ($fresh:ident) => {
        crate::contract::of_a_store! { @each $fresh
            tenants::{
                an_organization_is_found_by_name_and_id, an_organization_name_is_taken_once, projects_come_by_name_with_their_labels,
                a_vault_reads_back_as_written, a_vault_changes_only_from_the_revision_named,
                vaults_come_by_name_in_pages, a_dropped_vault_leaves_nothing_to_its_successor,
                a_vault_read_after_its_change_is_the_changed_one,
            }
            secrets::{
                a_value_reads_back_as_written, a_secret_reads_back_as_written, a_secret_that_is_not_there_is_none,
                a_new_version_becomes_current_and_old_ones_stay, a_secret_changes_only_from_the_revision_named,
                secrets_come_by_name_in_pages, values_of_any_bytes_and_sizes_come_back,
                a_vault_and_its_secrets_can_come_in_one_commit,
            }
            versions::{
                a_deleted_version_has_no_value_until_undeleted, a_destroyed_version_never_comes_back,
                versions_come_newest_first, without_a_current_version_the_latest_answers,
                a_version_is_written_once,
            }
            keys::{
                an_api_key_is_found_by_present_and_previous_token, an_api_key_changes_only_from_the_revision_named,
                two_keys_never_share_a_token, what_a_door_says_of_a_key_reads_back, use_adds_up_and_changes_no_right, api_keys_come_by_id_in_pages, digests_differ_by_token,
            }
            consumers::{
                a_line_reads_back_and_changes, a_forgotten_pod_is_gone_from_its_tenant_only,
                a_ledger_is_of_one_environment, the_versions_of_a_line_only_rise,
                a_pods_lines_are_of_its_place_alone,
            }
            trash::{
                a_trashed_secret_leaves_its_name_free, only_one_secret_outside_the_trash_has_a_name,
                the_trash_comes_latest_first_and_is_due_by_its_times, a_dropped_secret_leaves_nothing,
                what_is_said_of_a_secret_reads_back, a_renamed_secret_keeps_its_versions,
                values_follow_their_secret_to_another_environment,
                a_value_that_was_moved_meanwhile_is_not_called_broken, an_environment_is_dropped_with_its_trash,
                a_write_needs_its_environment, a_population_counts_the_trash_too,
                secrets_of_another_tenant_stay,
            }
            moving::{
                no_write_is_lost_while_an_environment_is_renamed,
            }
            records::{
                a_record_reads_back_as_written, a_record_changes_only_from_the_revision_named,
                records_come_by_key_in_pages, records_of_one_group_come_alone, a_dropped_record_is_gone,
                a_dropped_vault_takes_its_records_along,
                a_record_that_is_not_there_cannot_be_dropped,
                a_digest_finds_one_record_of_one_collection, expired_records_are_left_out_and_swept,
                due_records_come_by_their_time, due_records_of_other_groups_come_past_any_number_of_one,
                records_of_another_tenant_are_out_of_reach,
                the_rights_epoch_rises_with_records_held_in_memory,
            }
            found::{
                records_are_found_as_in_the_reference, who_heard_of_a_write_finds_it,
            }
            atomicity::{
                a_refused_commit_leaves_nothing, a_commit_fails_as_a_whole_at_its_last_row,
                rows_of_another_tenant_are_out_of_reach, a_commit_may_not_mix_tenants,
                of_concurrent_writers_one_wins_each_revision,
            }
            chain::{
                every_commit_and_record_extends_the_chain, chains_of_tenants_are_apart,
                the_chain_has_no_gap_under_concurrent_writers, a_record_needs_its_organization,
                the_chain_is_read_in_pages, the_chain_is_read_backwards_in_pages,
            }
            model::{
                a_random_walk_goes_as_in_the_reference,
            }
            changes::{
                changes_come_in_order_with_their_tenant, a_refused_commit_announces_nothing,
                watchers_hear_the_newest_number, what_a_watcher_hears_of_can_be_read,
                the_rights_epoch_rises_with_rights_only, old_changes_are_trimmed_and_numbers_go_on,
            }
        }
    };
}
pub(crate) use of_a_store;
