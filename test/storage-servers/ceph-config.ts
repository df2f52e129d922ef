/** A cluster that is thrown away: no authentication inside, one copy, everything in memory and in this directory. */
export function cephConfig(options: {
  readonly directory: string
  readonly fsid: string
  readonly monitorPort: number
  readonly port: number
}): string {
  const { directory, fsid, monitorPort, port } = options
  return `[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${monitorPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
osd max object name len = 256
osd max object namespace len = 64
mon max pg per osd = 1000
keyring = /dev/null
run dir = ${directory}/run
admin socket = ${directory}/run/$name.$pid.asok
log file = ${directory}/run/$name.log
mon data = ${directory}/mon
osd data = ${directory}/osd
pid file =

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dns name = localhost
rgw data = ${directory}/run
`
}
