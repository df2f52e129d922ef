import { pack } from './protos.ts'
import { checkProject, type Geography, placeOf } from './resource-name.ts'

/** `google.cloud.location.Locations`. */
export class LocationService {
  readonly #geography: Geography

  constructor(geography: Geography) {
    this.#geography = geography
  }

  ListLocations({ name }: { readonly name: string }): object {
    checkProject(name.split('/')[1] ?? '', this.#geography)
    return { locations: this.#geography.locations.map((location) => this.#location(location)), nextPageToken: '' }
  }

  GetLocation({ name }: { readonly name: string }): object {
    return this.#location(placeOf(name, this.#geography).location)
  }

  #location(locationId: string): object {
    const metadata = pack('google.cloud.functions.v2.LocationMetadata', { environments: ['GEN_1', 'GEN_2'] })
    return { name: `projects/${this.#geography.projectId}/locations/${locationId}`, locationId, displayName: locationId, metadata }
  }
}
