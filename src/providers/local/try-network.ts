import { spawnSync } from 'node:child_process'
import { hostEnvironment } from './host-command.ts'
import { PRIVATE_RUN, UNSHARE } from './rootless/private-run.ts'
import { newRunName } from './run-name.ts'

/** Whether something works here, as tried, and what was seen. */
export interface Capability {
  readonly works: boolean
  readonly evidence: string
  /** It was not tried, because something that it needs is missing. */
  readonly untried?: true
}

const TIMEOUT_MS = 10_000
/** What the network part of a lab needs, in the order in which it is tried. */
export const NETWORK = ['namespaces', 'bridge', 'veth', 'cubic', 'routing', 'tbf', 'htb'] as const
export type NetworkCapability = (typeof NETWORK)[number]

/**
 * Makes a scratch lab between two namespaces and says of each step: its name, the exit code, what was said; a zero byte ends it.
 * One shell for all steps, since each start of a program from here takes longer than the program. It goes on to its end when this process
 * is interrupted, or even killed, so that nothing is left.
 */
const TRY = `
inside=$1 peer=$2
step() {
  name=$1; shift
  said=$("$@" 2>&1 > /dev/null); status=$?
  printf '%s\\n%s\\n%s\\0' "$name" "$status" "$said"
  return "$status"
}
trap '' HUP INT TERM PIPE
trap 'printf "netns del %s\\n" "$inside" "$peer" | ip -force -batch - > /dev/null 2>&1' EXIT
step namespaces ip -batch - <<END || exit 0
netns add $inside
netns add $peer
END
step bridge ip -n "$inside" -batch - <<END
link add br0 type bridge
link set br0 addrgenmode none up
addr add 198.18.3.254/22 dev br0
END
step veth ip -n "$inside" -batch - <<END
link add up0 type veth peer name eth0 netns $peer
link set up0 up
addr add 198.19.0.1/30 dev up0
END
step cubic ip -n "$inside" route add 198.19.255.1/32 via 198.19.0.2 dev up0 congctl cubic
step routing nsenter --net=/run/netns/"$inside" sh -c 'cd /proc/sys/net/ipv4 && echo 1 > ip_forward && echo 1 > tcp_no_metrics_save'
step tbf tc -n "$inside" -batch - <<END
qdisc add dev up0 root tbf rate 600mbit burst 300000 latency 20ms
END
step htb tc -n "$inside" -batch - <<END
qdisc add dev br0 root handle 1: htb
class add dev br0 parent 1: classid 1:1 htb rate 600mbit ceil 600mbit quantum 60000
qdisc add dev br0 parent 1:1 bfifo limit 500000
filter add dev br0 parent 1: protocol ip prio 1 u32 match ip dst 198.18.0.1/32 flowid 1:1
END
exit 0
`

export type NetworkFindings = Partial<Record<NetworkCapability | 'userNamespace', Capability>>

/** Tries the network of a lab on the host itself, and removes it. */
export function tryNetwork(): NetworkFindings {
  return findings(['sh', '-c', TRY]).found
}

/** The same inside a new user namespace, which is tried with it: some systems give one in which nothing is allowed. */
export function tryRootlessNetwork(): NetworkFindings {
  const { found, failure } = findings([...UNSHARE, 'sh', '-c', `${PRIVATE_RUN}printf 'userNamespace\\n0\\n\\0'\n${TRY}`])
  return { userNamespace: { works: false, evidence: failure ?? 'unshare said nothing' }, ...found }
}

function findings([program = '', ...args]: readonly string[]): { readonly found: NetworkFindings; readonly failure: string | undefined } {
  const names = [newRunName(), newRunName()]
  const { stdout, stderr, error, status } = spawnSync(program, [...args, 'sh', ...names], {
    encoding: 'utf8',
    env: hostEnvironment(),
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    cwd: '/',
  })
  const steps = (stdout ?? '').split('\0').slice(0, -1)
  const found = Object.fromEntries(steps.map((step) => step.split('\n')).map(([name, code, ...said]) => [name, capability(code, said)]))
  return { found, failure: error?.message ?? (oneLine((stderr ?? '').split('\n')) || (status === 0 ? undefined : `exit ${status}`)) }
}

function capability(code: string | undefined, said: readonly string[]): Capability {
  return code === '0'
    ? { works: true, evidence: 'tried in a scratch namespace' }
    : { works: false, evidence: oneLine(said) || `exit ${code}` }
}

const oneLine = (lines: readonly string[]): string =>
  lines
    .map((line) => line.trim())
    .filter(Boolean)
    .join('; ')
