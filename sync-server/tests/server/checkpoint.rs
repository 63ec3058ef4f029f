//! Checkpoints: the server signs for what it holds of each history, in the till's own feed.

use domain::{
    contract::sync_v1::{Checkpoint, CheckpointBody, FeedRows, FeedType, SnapshotChunk},
    replication::chain::verify_bytes,
};
use reqwest::Method;
use sync_server::{job, op::make_checkpoints::make_checkpoints};

use crate::kit::*;

/// The checkpoints in a till's feed, each with a good signature.
async fn told(server: &Server, till: &Till) -> Vec<CheckpointBody> {
    let scope = format!("device:{}", till.row.device_id);
    let mut bodies = Vec::new();
    for row in till.pull(&scope, 10).await {
        assert_eq!(row.row_type, FeedType::Derived);
        let row: FeedRows = serde_json::from_str(row.bytes.get()).unwrap();
        bodies.extend(row.rows.checkpoint.iter().map(|one| body(server, one)));
    }
    bodies
}

fn body(server: &Server, checkpoint: &Checkpoint) -> CheckpointBody {
    let key = server.state.key.public();
    assert_eq!(checkpoint.server_key, key);
    verify_bytes(&checkpoint.body.0, &checkpoint.signature, &key).unwrap();
    serde_json::from_slice(&checkpoint.body.0).unwrap()
}

#[tokio::test]
async fn a_history_that_went_on_far_enough_is_signed_for_once() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let id = organization.organization_id;
    let change = till.adjustment(product(), 1);
    let mut signed = Vec::new();
    for count in [3, 1, 2] {
        let ops = (0..count).map(|_| till.seal(&change)).collect();
        till.push(ops).await.unwrap();
        for _ in 0..2 {
            make_checkpoints(&server.state, id, 3).await.unwrap();
        }
        if till.seq % 3 == 0 {
            signed.push(CheckpointBody {
                organization_id: id,
                device_id: till.row.device_id,
                epoch: 1,
                branch: 0,
                seq: till.seq,
                hash: till.hash,
            });
        }
        assert_eq!(told(&server, &till).await, signed);
    }
    assert_eq!(signed.len(), 2);
    job::run_once(&server.state).await.unwrap();
    assert_eq!(
        told(&server, &till).await,
        signed,
        "six are too few for the job"
    );
}

#[tokio::test]
async fn each_history_of_a_copied_till_is_signed_for_and_the_snapshot_holds_the_newest() {
    let server = Server::start().await;
    let (organization, _, mut till) = server.shop("Shop").await;
    let mut copy = till.clone();
    let change = till.adjustment(product(), 1);
    for till in [&mut till, &mut copy] {
        let ops = vec![till.seal(&change), till.seal(&change)];
        till.push(ops).await.unwrap();
    }
    let op = till.seal(&change);
    make_checkpoints(&server.state, organization.organization_id, 2)
        .await
        .unwrap();
    till.push(vec![op]).await.unwrap();
    make_checkpoints(&server.state, organization.organization_id, 1)
        .await
        .unwrap();
    let ends = |bodies: &[CheckpointBody]| -> Vec<_> {
        let ends = bodies.iter();
        ends.map(|one| (one.branch, one.seq, one.hash)).collect()
    };
    let feed = ends(&told(&server, &till).await);
    assert_eq!(feed.len(), 3);
    let scope = format!("device:{}", till.row.device_id);
    let query = [("scope", scope.as_str()), ("chunk", "1")];
    let request = till.request(Method::GET, "/api/v1/sync/snapshot");
    let chunk: SnapshotChunk = answer(request.query(&query)).await.unwrap();
    let newest: Vec<_> = chunk
        .rows
        .checkpoint
        .iter()
        .map(|one| body(&server, one))
        .collect();
    assert_eq!(ends(&newest), [(0, 3, till.hash), (1, 2, copy.hash)]);
    assert_eq!(feed[1..], [(1, 2, copy.hash), (0, 3, till.hash)]);
}
