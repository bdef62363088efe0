//! Signing keys: rotation and outage.

checks! {
    rotation::KeyRotation,
    outage::KeysOutage,
    outage_answer::KeysOutageAnswer,
}
