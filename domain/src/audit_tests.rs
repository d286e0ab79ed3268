use super::*;

fn chain(length: u64) -> (OrgId, Vec<AuditRecord>) {
    let organization = OrgId::from_bytes([5; 16]);
    let mut hash = genesis(organization);
    let records = (1..=length).map(|sequence| {
        let origin = Origin {
            door: "native",
            address: Some("127.0.0.1".into()),
            request: None,
            agent: None,
        };
        let at = Timestamp::from_second(sequence.cast_signed()).unwrap();
        let event = AuditEvent::new(
            at,
            &Principal::Controller,
            &origin,
            "secret.read",
            format!("s{sequence}"),
            Outcome::Allowed,
        );
        let event = event.canonical();
        hash = link(&hash, sequence, &event);
        AuditRecord {
            sequence,
            event,
            hash,
        }
    });
    (organization, records.collect())
}

fn verify(organization: OrgId, records: &[AuditRecord]) -> Result<(u64, ChainHash), Break> {
    let mut verifier = Verifier::new(organization);
    records.iter().try_for_each(|record| verifier.take(record))?;
    Ok(verifier.head())
}

#[test]
fn an_untouched_chain_verifies() {
    let (organization, records) = chain(20);
    assert_eq!(verify(organization, &records).unwrap(), (20, records[19].hash));
}

#[test]
fn every_edit_is_located() {
    for at in 0..20_u64 {
        let (organization, mut records) = chain(20);
        let index = usize::try_from(at).unwrap();
        records[index].event[10] ^= 1;
        assert_eq!(verify(organization, &records).unwrap_err().sequence, at + 1);
    }
}

#[test]
fn deletion_and_reordering_are_located() {
    let (organization, mut records) = chain(20);
    records.remove(7);
    assert_eq!(verify(organization, &records).unwrap_err().sequence, 8);
    let (organization, mut records) = chain(20);
    records.swap(3, 4);
    assert_eq!(verify(organization, &records).unwrap_err().sequence, 4);
}

#[test]
fn a_chain_does_not_pass_for_another_organizations() {
    let (_, records) = chain(3);
    assert!(verify(OrgId::from_bytes([6; 16]), &records).is_err());
}

#[test]
fn the_schema_is_an_allow_list() {
    let (_, records) = chain(1);
    let text = String::from_utf8(records[0].event.clone()).unwrap();
    assert_eq!(
        text,
        r#"{"at":"1970-01-01T00:00:01Z","principal":"controller","action":"secret.read","target":"s1","outcome":"allowed","door":"native","address":"127.0.0.1"}"#
    );
}
