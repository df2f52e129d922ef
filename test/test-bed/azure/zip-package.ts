import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { unzipSync } from 'fflate'

const CENTRAL_ENTRY = 0x02014b50
const END_OF_DIRECTORY = 0x06054b50

/**
 * Unpacks an uploaded package as the platform mounts it: with the Unix permissions that it carries, none where it carries none (such files
 * cannot be read by the host; reported by users of Flex Consumption).
 * @throws Error where it is no ZIP
 */
export async function unpack(zip: Uint8Array, directory: string): Promise<readonly string[]> {
  const files = unzipSync(zip)
  const modes = modesOf(zip)
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(directory, normalize(`/${name}`))
    if (name.endsWith('/')) continue
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
    await chmod(path, (modes.get(name) ?? 0) & 0o777)
  }
  return Object.keys(files).filter((name) => ((modes.get(name) ?? 0) & 0o444) === 0)
}

/** Unix modes of a ZIP's entries, from its central directory: fflate does not tell them. */
function modesOf(zip: Uint8Array): ReadonlyMap<string, number> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  let end = zip.byteLength - 22
  while (end > 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end -= 1
  let at = view.getUint32(end + 16, true)
  const modes = new Map<string, number>()
  while (at + 46 <= zip.byteLength && view.getUint32(at, true) === CENTRAL_ENTRY) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number]
    modes.set(new TextDecoder().decode(zip.subarray(at + 46, at + 46 + name)), view.getUint16(at + 40, true))
    at += 46 + name + extra + comment
  }
  return modes
}
