import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type LocalOptions, local } from '../../../../src/providers/local.ts'
import { deployRequest, launch, TestLab, taskFor, tracesOf } from '../lab.ts'
import { faultySocket } from './faulty-socket.ts'
import { daemonOfThisFile, TestDaemon, useSocket } from './test-daemon.ts'

const options = { sharing: 'fifo', uplinkBitsPerSecond: 100e6, runner: 'docker' } as const satisfies LocalOptions
/** With all cores, so that it is quick. */
const quick = { memoryMb: 3008 }

const daemon = daemonOfThisFile()

describe('a container', () => {
  let lab: TestLab
  beforeAll(async () => {
    useSocket(daemon.socket)
    lab = await TestLab.start(options, { memoryMb: 128, concurrency: 8 }, 8)
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
    expect(await daemon.holds()).toEqual([])
    expect(tracesOf(process.pid)).toEqual([])
  })

  const invoke = (params: Record<string, unknown>, invocation: number, deadlineMs?: number): Promise<unknown> =>
    lab.deployment.invoke(taskFor(params, { invocation, ...(deadlineMs === undefined ? {} : { deadlineMs }) }), { repetition: 0 })
  const shell = async (script: string, invocation: number): Promise<string> => {
    const { stdout = '', error } = await lab.act({ act: 'command', command: ['sh', '-c', script] }, invocation)
    return error ? error : stdout.trim()
  }
  const afterwards = async (invocation: number): Promise<void> => {
    expect(await lab.act({ act: 'echo' }, invocation)).toHaveProperty('config')
  }

  test('is one of 128 MiB and 0.085 CPUs, with no rights and nothing to write to', async () => {
    const containers = await daemon.client.listContainers()
    expect(containers).toHaveLength(8)
    const details = await daemon.client.getContainer(containers[0]?.Id ?? '').inspect()
    expect(details.HostConfig).toMatchObject({
      Memory: 2 ** 27,
      MemorySwap: 2 ** 27,
      CpuQuota: 8511,
      CpuPeriod: 100_000,
      NetworkMode: 'none',
    })
    expect(await shell('cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; true', 0)).toBe('134217728')
    expect(await shell('grep CapEff /proc/self/status', 0)).toMatch(/0+2$/)
    expect(await shell('touch /x /usr/x 2>&1 || true', 0)).toMatch(/Read-only.*\n.*Read-only/)
    expect(await shell('echo x > /tmp/x && cat /tmp/x', 0)).toBe('x')
  })

  test('is in the network of the lab', async () => {
    expect(await shell('cat /proc/sys/net/ipv4/tcp_no_metrics_save; ls /sys/class/net', 0)).toBe('1\neth0\nlo')
    const [first = 0, second = 0] = await lab.iperf3(2, ['-t', '2', '-O', '1'])
    expect((first + second) / 100e6).toBeLessThan(1.1)
    expect((first + second) / 100e6).toBeGreaterThan(0.7)
  })

  test('keeps its agent', async () => {
    const first = await lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 0 })
    const second = await lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 1 })
    expect(second.samples[0]?.instance).toBe(first.samples[0]?.instance)
  })

  test('computes 0.085 seconds a second, less only where the machine is busy', async () => {
    const { share } = await lab.act({ act: 'burn', ms: 4000 }, 6)
    expect(Number(share)).toBeLessThan(0.088)
    expect(Number(share)).toBeGreaterThan(0.06)
  })

  describe.concurrent('whose agent', () => {
    test('needs more memory than it has', async () => {
      for (const _ of [1, 2]) {
        const died = { code: 'AGENT_DIED', message: expect.stringContaining('out of memory') }
        await expect(invoke({ act: 'allocate' }, 1)).rejects.toMatchObject(died)
      }
      await afterwards(1)
    })

    test('exits', async () => {
      const died = { code: 'AGENT_DIED', message: expect.stringMatching(/exit code 3.*the fixture ends/s) }
      await expect(invoke({ act: 'exit', code: 3 }, 2)).rejects.toMatchObject(died)
      await afterwards(2)
    })

    test('is killed', async () => {
      const died = { code: 'AGENT_DIED', message: expect.stringMatching(/by signal SIGKILL\./) }
      await expect(invoke({ act: 'signal', signal: 'SIGKILL' }, 3)).rejects.toMatchObject(died)
      await afterwards(3)
    })

    test.each([
      ['hang', 4],
      ['spin', 7],
    ])('never answers (%s)', async (act, invocation) => {
      await expect(invoke({ act }, invocation, 100)).rejects.toMatchObject({ code: 'INVOCATION_TIMEOUT' })
      await afterwards(invocation)
    })

    test('is no longer wanted', async () => {
      const controller = new AbortController()
      const invocation = lab.deployment.invoke(taskFor({ act: 'spin' }, { invocation: 5 }), { repetition: 0, signal: controller.signal })
      controller.abort()
      await expect(invocation).rejects.toMatchObject({ code: 'INVOCATION_ABORTED' })
      await afterwards(5)
    })
  })

  test('that somebody removes fails its function and no other', async () => {
    const { stdout = '' } = await lab.act({ act: 'command', command: ['hostname'] }, 0)
    const underWay = expect(invoke({ act: 'hang' }, 0)).rejects.toMatchObject({ code: 'AGENT_DIED' })
    await daemon.client.getContainer(stdout.trim()).remove({ force: true })
    await underWay
    const noContainer = { code: 'AGENT_DIED', message: expect.stringMatching(/no such container/i) }
    await expect(invoke({ act: 'echo' }, 0)).rejects.toMatchObject(noContainer)
    await afterwards(1)
  })
})

describe('several', () => {
  afterEach(async () => {
    expect(await daemon.holds()).toEqual([])
    expect(tracesOf(process.pid)).toEqual([])
  })

  test('hosts and deployments, one after another', async () => {
    useSocket(daemon.socket)
    await using lab = await TestLab.start({ ...options, hosts: 2 }, quick)
    expect((await lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 1 })).host).toBe('host-1')
    expect(await daemon.client.listContainers()).toHaveLength(2)
    await lab.deployment[Symbol.asyncDispose]()
    expect(await daemon.client.listContainers({ all: true })).toEqual([])
    await using other = await lab.provider.deploy(deployRequest({ memoryMb: 512 }))
    expect((await other.invoke(taskFor({ act: 'echo' }), { repetition: 0 })).samples).toHaveLength(1)
  })

  test.each([
    ['/images/create', 'import an empty image'],
    ['/containers/create', 'create a container'],
    ['/attach', 'attach to a container'],
    [/POST .*\/start$/, 'start a container'],
    [/GET .*\/containers\/\w{64}\/json/, 'inspect a container'],
    [/POST .*\/containers\/.*\/exec$/, 'prepare a program'],
    [/POST .*\/exec\/.*\/start/, 'start a program'],
  ])('when the daemon refuses %s, nothing is left behind', async (refused, said) => {
    const folder = mkdtempSync(join(tmpdir(), 'test-docker-fault-'))
    const socket = join(folder, 'docker.sock')
    await using _fault = await faultySocket(daemon.socket, socket, (name) => new RegExp(refused).test(name))
    useSocket(socket)
    const failed = { name: 'MeasurementError', message: expect.stringMatching(new RegExp(`${said}.*injected`)) }
    await expect(TestLab.start(options, { ...quick, concurrency: 2 })).rejects.toMatchObject(failed)
    rmSync(folder, { recursive: true })
  })

  test('when the run is aborted, nothing is left behind', async () => {
    useSocket(daemon.socket)
    const controller = new AbortController()
    const provider = local(options)
    await using _running = await provider.targetPlace.start(launch())
    const deployment = provider.deploy(deployRequest({ ...quick, concurrency: 12, signal: controller.signal }))
    const rejected = expect(deployment).rejects.toMatchObject({ code: 'RUN_ABORTED' })
    await expect.poll(() => daemon.client.listContainers(), { timeout: 20_000 }).not.toEqual([])
    controller.abort()
    await rejected
    expect(await daemon.client.listContainers()).toEqual([])
  })

  test('a container that somebody has paused is removed all the same', async () => {
    useSocket(daemon.socket)
    await using lab = await TestLab.start(options, quick)
    const [container] = await daemon.client.listContainers()
    await daemon.client.getContainer(container?.Id ?? '').pause()
    const invocation = lab.deployment.invoke(taskFor({ act: 'echo' }, { deadlineMs: 100 }), { repetition: 0 })
    await expect(invocation).rejects.toMatchObject({ code: 'INVOCATION_TIMEOUT' })
  })

  test('a container that ends at once says why', async () => {
    useSocket(daemon.socket)
    const path = process.env['PATH']
    process.env['PATH'] = `${fileURLToPath(new URL('fixtures/broken', import.meta.url))}:${path}`
    try {
      const failed = { code: 'DOCKER_FAILED', message: expect.stringContaining('the fixture cannot start') }
      await expect(TestLab.start(options, quick)).rejects.toMatchObject(failed)
    } finally {
      process.env['PATH'] = path
    }
  })
})

test('a daemon that dies fails what is under way and leaves no process', async () => {
  await using other = await TestDaemon.start()
  useSocket(other.socket)
  await using lab = await TestLab.start(options, { ...quick, concurrency: 2 })
  const underWay = expect(lab.deployment.invoke(taskFor({ act: 'hang' }), { repetition: 0 })).rejects.toMatchObject({ code: 'AGENT_DIED' })
  await other.kill()
  await underWay
  await expect(lab.deployment.invoke(taskFor({ act: 'echo' }), { repetition: 0 })).rejects.toMatchObject({
    code: 'AGENT_DIED',
    message: expect.stringContaining('No Docker daemon answers'),
  })
  await lab[Symbol.asyncDispose]()
  expect(tracesOf(process.pid)).toEqual([])
})

describe('without what it needs', () => {
  const failure = (socket: string): Promise<unknown> => {
    process.env['DOCKER_HOST'] = socket
    return local(options)
      .check()
      .catch((error: unknown) => error)
  }

  test('no daemon', async () => {
    expect(await failure('unix:///nowhere/docker.sock')).toMatchObject({
      code: 'DOCKER_UNREACHABLE',
      hint: expect.stringContaining('Start'),
    })
    await expect(local(options).targetPlace.start(launch())).rejects.toMatchObject({ code: 'DOCKER_UNREACHABLE' })
    expect(tracesOf(process.pid)).toEqual([])
  })

  test('a daemon elsewhere', async () => {
    expect(await failure('tcp://192.0.2.1:2375')).toMatchObject({ code: 'DOCKER_REMOTE' })
  })

  test('an installation without dockerode', async () => {
    useSocket(daemon.socket)
    const folder = mkdtempSync(join(tmpdir(), 'test-docker-less-'))
    try {
      const modules = join(folder, 'node_modules')
      mkdirSync(join(modules, 'netfair'), { recursive: true })
      for (const part of ['dist', 'package.json']) cpSync(part, join(modules, 'netfair', part), { recursive: true })
      for (const name of readdirSync('node_modules').filter((one) => /^\w/.test(one) && one !== 'dockerode')) {
        symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name))
      }
      const script = `import { local } from 'netfair/local'
        try { await local(${JSON.stringify(options)}).check() } catch ({ code, hint }) { console.log(code + ': ' + hint) }`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
      const said: string[] = []
      for await (const line of createInterface({ input: child.stdout })) said.push(line)
      expect(said).toEqual(['PACKAGE_MISSING: Run `npm install dockerode`.'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('describes what it measures with', async () => {
  useSocket(daemon.socket)
  await expect(local(options).check()).resolves.toMatchObject({
    tier: 'privileged',
    environment: { runner: 'docker', docker: expect.stringMatching(/^\d+\./), topology: 'routed' },
  })
})
