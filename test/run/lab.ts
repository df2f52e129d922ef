import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** Looks at, and breaks, what a local run of one process has made. */
export interface Lab {
  /** Process ids of the agents, in the order of their sandboxes. */
  agents(): number[]
  /** Process ids of the target. */
  target(): number[]
  /** Takes the uplink of the first host away. */
  tearDownUplink(): void
}

const namespacesOf = (pid: number) => list('/run/netns').filter((name) => name.startsWith(`netfair-${pid}-`))

export function labOf(pid: number): Lab {
  const named = (pattern: RegExp) => namespacesOf(pid).filter((name) => pattern.test(name))
  const byIndex = (name: string) => Number(/-s(\d+)$/.exec(name)?.[1])
  return {
    agents: () =>
      named(/-s\d+$/)
        .toSorted((a, b) => byIndex(a) - byIndex(b))
        .flatMap(processesIn),
    target: () => named(/-srv$/).flatMap(processesIn),
    tearDownUplink: () => {
      const [host = 'none'] = named(/-h0$/)
      execFileSync('ip', ['-n', host, 'link', 'del', 'up0'])
    },
  }
}

/** Everything that a run of that process has left on this machine: namespaces, cgroups, temporary files. */
export function leftOf(pid: number): string[] {
  const prefix = `netfair-${pid}-`
  const groups = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .flatMap(([, path = '']) => [path, ...list(path).map((name) => `${path}/${name}`)])
    .flatMap((folder) => list(folder).map((name) => `${folder}/${name}`))
    .filter((path) => path.includes(`/${prefix}`))
  return [...namespacesOf(pid), ...groups, ...list(tmpdir()).filter((name) => name.startsWith(prefix))]
}

function processesIn(namespace: string): number[] {
  return execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean).map(Number)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
