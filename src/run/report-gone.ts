import type { NextRequest } from '../model/target.ts'
import { askTarget, type WatchedTarget } from './target-health.ts'

/** Tells the rendezvous of a round of fixed work that an invocation gets nothing more. Where it cannot be told, leases end by themselves. */
export async function reportGone(target: WatchedTarget | undefined, round: string, body: NextRequest): Promise<void> {
  if (target !== undefined) await askTarget(target, { path: `/rounds/${encodeURIComponent(round)}/next`, body })
}
