import type { Facts } from './extraction.ts'

/** One line of `/proc/self/cgroup`: `4:cpu,cpuacct:/a/b`. Version 2 has hierarchy 0 and no controllers. */
export interface CgroupLine {
  readonly controllers: readonly string[]
  readonly path: string
}

const LINE = /^\d+:([^:]*):(\/.*)$/

/** Several rules read the lines of one instance after the other. */
let latest: { readonly text: string; readonly lines: readonly CgroupLine[] } = { text: '', lines: [] }

/** The lines that are any, in their order. A path may hold colons itself. */
export function cgroupLines(facts: Facts): readonly CgroupLine[] {
  const text = facts['proc/self/cgroup'] ?? ''
  if (latest.text !== text) latest = { text, lines: parse(text) }
  return latest.lines
}

function parse(text: string): CgroupLine[] {
  return text.split('\n').flatMap((line) => {
    const [, controllers = '', path] = LINE.exec(line.trimEnd()) ?? []
    return path === undefined ? [] : [{ controllers: controllers === '' ? [] : controllers.split(','), path }]
  })
}
