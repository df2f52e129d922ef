import type { Extraction, Extractor } from '../observation.ts'
import { cgroupLines } from './cgroup.ts'
import { type Facts, onlyOne, rule, wholeFact } from './extraction.ts'

/**
 * The innermost of a path: Docker, containerd, CRI-O, Podman; with systemd's and Podman's additions. Anything else below may be what is
 * left of another container's id.
 */
const CONTAINER = /^.*[/:-]([0-9a-f]{64})(?:\.scope)?(?:\/(?:container|init\.scope|(?:system|user)\.slice(?:\/.*)?))?$/
/** `/ecs/TASK/TASK-NUMBER` of Fargate. */
const FARGATE = /^\/ecs\/(?:[\w.-]+\/)*[0-9a-f]{32}\/([0-9a-f]{32}-\d{6,12})$/
const CONTAINER_MOUNT = /\/(?:[\w-]*-)?containers\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|hosts|resolv\.conf)$/
const POD = /(?:^|[/-])pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?(?=[/:]|$)/
const POD_MOUNT = /\/pods\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//

/** Where mounted files come from: field 4 of `/proc/self/mountinfo`. */
const mountRoots = (facts: Facts): string[] =>
  (facts['proc/self/mountinfo'] ?? '').split('\n').flatMap((line) => {
    const root = /^\d+ \d+ \d+:\d+ (\/\S*) \//.exec(line)?.[1]
    return root === undefined ? [] : [root]
  })

const find = (texts: readonly string[], form: RegExp): string[] =>
  texts.flatMap((text) => {
    const id = form.exec(text)?.[1]
    return id === undefined ? [] : [id]
  })

/** Of the shortest path that names a pod: nothing is looked for in shorter ones. */
const SHORTEST = '/pod'.length + 36
const longPaths = (facts: Facts): string[] => cgroupLines(facts).flatMap(({ path }) => (path.length < SHORTEST ? [] : [path]))

/** From the cgroup; where that shows none (a namespace of its own), from where the container's files are mounted from. */
function containerId(facts: Facts): Extraction {
  const paths = longPaths(facts)
  const own = onlyOne([...find(paths, CONTAINER), ...find(paths, FARGATE)], 'containers')
  return own.kind === 'absent' ? onlyOne(find(mountRoots(facts), CONTAINER_MOUNT), 'containers') : own
}

function podUid(facts: Facts): Extraction {
  const own = onlyOne(
    find(longPaths(facts), POD).map((uid) => uid.replaceAll('_', '-')),
    'pods',
  )
  return own.kind === 'absent' ? onlyOne(find(mountRoots(facts), POD_MOUNT), 'pods') : own
}

/** Identifiers of containers and Kubernetes. */
export const CONTAINERS: readonly Extractor[] = [
  rule({
    key: 'container-id',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.999,
    era: 'Docker, containerd, CRI-O, Podman, ECS; cgroup version 1 and 2. Containers of one pod differ in it',
    clonedBySnapshot: true,
    extract: containerId,
  }),
  rule({
    key: 'kubernetes-pod',
    scope: 'sandbox',
    basis: 'identifier',
    confidence: 0.99,
    separates: 'sandbox',
    era: 'Kubernetes: containers of a pod share its network',
    clonedBySnapshot: true,
    extract: podUid,
  }),
  rule({
    key: 'kubernetes-node',
    scope: 'vm',
    basis: 'declared',
    confidence: 0.99,
    separates: 'vm',
    era: 'Kubernetes, where the deployment hands the node name to the function (downward API)',
    extract: (facts) => wholeFact(facts, 'env/KUBERNETES_NODE_NAME', /^[a-z0-9][a-z0-9.-]{2,251}[a-z0-9]$/, 'a node name'),
  }),
]
