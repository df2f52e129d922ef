import { AgentProcess } from '../../src/providers/local/agent-process.ts'
import { newRunName } from '../../src/providers/local/run-name.ts'
import type { Deployment, DeployRequest, Provider } from '../../src/providers/provider.ts'
import { loopbackHost } from '../test-bed/instance-host.ts'
import { undeployable } from './fake-provider.ts'

/**
 * A platform that has fewer instances than invocations at first: what finds none free waits for one. Its instances are real agents.
 * @param instancesAt - how many it has, by the number of rounds that it has been asked for
 */
export function queueing(instancesAt: (rounds: number) => number): Provider {
  const { targetPlace: _, ...base } = undeployable({ name: 'queueing' })
  return { ...base, deploy: async (request) => pool(request, instancesAt) }
}

async function pool({ memoryMb, concurrency, agent }: DeployRequest, instancesAt: (rounds: number) => number): Promise<Deployment> {
  const host = loopbackHost()
  const { bundle, ...config } = agent
  const launch = { command: [process.execPath, bundle], environment: { NETFAIR_AGENT: JSON.stringify(config) }, memoryMb }
  const children = await Promise.all(Array.from({ length: concurrency }, () => host.start(launch)))
  const agents = await Promise.all(
    children.map((child, index) =>
      AgentProcess.start({ label: `${newRunName()} ${index}`, start: () => child, secrets: [], oomKills: () => 0 }),
    ),
  )
  const rounds = new Set<string>()
  const queues = agents.map(() => Promise.resolve<unknown>(undefined))
  return {
    memoryMb,
    async invoke(task, { signal }) {
      rounds.add(`${task.round} ${task.attempt}`)
      const index = task.invocation % instancesAt(rounds.size)
      const reply = (queues[index] ?? Promise.resolve()).then(async () => {
        const [instance] = agents.slice(index)
        if (instance === undefined) throw new Error('no such instance')
        return instance.run(task, signal)
      })
      queues[index] = reply.catch(() => {})
      return reply
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}
