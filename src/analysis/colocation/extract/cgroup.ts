import type { Facts } from './extraction.ts'

/** One line of `/proc/self/cgroup`: `4:cpu,cpuacct:/a/b`. Version 2 has hierarchy 0 and no controllers. */
export interface CgroupLine {
  readonly controllers: readonly string[]
  readonly path: string
}

const LINE = /^\d+:([^:]*):(\/.*)$/

/** The lines that are any, in their order. A path may hold colons itself. */
export function cgroupLines(facts: Facts): CgroupLine[] {
  const text = facts['proc/self/cgroup']
  if (text === undefined || text === '') return []
  return text.split('\n').flatMap((line) => {
    const [, controllers = '', path] = LINE.exec(line.trimEnd()) ?? []
    return path === undefined ? [] : [{ controllers: controllers === '' ? [] : controllers.split(','), path }]
  })
}
