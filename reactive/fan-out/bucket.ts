class Several<S> extends Set<S> {}

/** One subscription as it is, or a set of several: most keys have one, and a Set for each would be most of the memory. */
export type Bucket<S extends object> = S | Several<S>;

export function withMember<S extends object>(bucket: Bucket<S> | undefined, member: S): Bucket<S> {
  // A list may repeat a key of one subscription.
  if (bucket === undefined || bucket === member) return member;
  return bucket instanceof Several ? bucket.add(member) : new Several([bucket, member]);
}

/** Undefined when it was the last. */
export function withoutMember<S extends object>(
  bucket: Bucket<S> | undefined,
  member: S,
): Bucket<S> | undefined {
  if (!(bucket instanceof Several)) return bucket === member ? undefined : bucket;
  bucket.delete(member);
  const [first] = bucket;
  return bucket.size === 1 ? first : bucket;
}

export function visitMembers<S extends object>(
  bucket: Bucket<S> | undefined,
  call: (member: S) => void,
): void {
  if (bucket === undefined) return;
  if (bucket instanceof Several) for (const member of bucket) call(member);
  else call(bucket);
}
