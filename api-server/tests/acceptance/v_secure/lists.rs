use super::VSecure;
use crate::answer::Answer;

fn names(page: &Answer) -> Vec<String> {
    let items = page.list_at("/data").iter();
    items
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Three secrets; the first two have the tag.
async fn three(door: &VSecure) -> (String, [String; 3]) {
    let tag = VSecure::name("production");
    let all = ["DATABASE_URL", "STRIPE_SECRET_KEY", "API_KEY"].map(VSecure::name);
    door.secret(&all[0], "a", &[&tag, "database"]).await;
    door.secret(&all[1], "b", &[&tag, "payment"]).await;
    door.secret(&all[2], "c", &[]).await;
    (tag, all)
}

#[tokio::test]
async fn case_09_a_list_is_filtered_by_tag_and_has_no_values() {
    let door = VSecure::start().await;
    let (tag, all) = three(&door).await;
    let page = door.get(&format!("/secrets?tags={tag}")).await.expect(200);
    assert_eq!(names(&page), all[..2]);
    assert_eq!(page["pagination"]["totalCount"], 2);
    assert!(
        page.list_at("/data")
            .iter()
            .all(|item| item.get("value").is_none())
    );
}

#[tokio::test]
async fn case_10_a_cursor_of_another_time_is_good() {
    let door = VSecure::start().await;
    let page = door
        .get("/secrets?limit=50&cursor=eyJpZCI6IjEyMyJ9")
        .await
        .expect(200);
    assert!(page["data"].is_array());
    door.get("/secrets?cursor=nonsense!")
        .await
        .fails(400, "VALIDATION_ERROR");
    door.get("/secrets?limit=0").await.fails(400, "VALIDATION_ERROR");
    door.get("/secrets?limit=100000").await.expect(200);
}

#[tokio::test]
async fn case_11_pages_follow_one_another() {
    let door = VSecure::start().await;
    let before = door.get("/secrets").await.expect(200)["pagination"]["totalCount"]
        .as_u64()
        .unwrap();
    let (_, all) = three(&door).await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = door.get(&format!("/secrets?limit=1{cursor}")).await.expect(200);
        assert_eq!(page.list_at("/data").len(), 1);
        assert_eq!(page["pagination"]["totalCount"], before + 3);
        found.extend(names(&page));
        if page["pagination"]["hasMore"] == false {
            break;
        }
        cursor = format!("&cursor={}", page.text_at("/pagination/cursor"));
    }
    assert_eq!(found.len() as u64, before + 3);
    for name in all {
        assert_eq!(found.iter().filter(|found| **found == name).count(), 1);
    }
}

#[tokio::test]
async fn case_17_all_tags_must_match_and_names_are_searched() {
    let door = VSecure::start().await;
    let (tag, all) = three(&door).await;
    let both = door
        .get(&format!("/secrets?tags={tag},database"))
        .await
        .expect(200);
    assert_eq!(names(&both), all[..1]);
    let repeated = door
        .get(&format!("/secrets?tags={tag}&tags=database"))
        .await
        .expect(200);
    assert_eq!(names(&repeated), all[..1]);
    let searched = door
        .get(&format!("/secrets?search={}", all[0].to_lowercase()))
        .await
        .expect(200);
    assert_eq!(names(&searched), all[..1]);
}
