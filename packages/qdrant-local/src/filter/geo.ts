import { failure } from '../api/api-error.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import type { ValueCheck } from './value-checks.ts';

type Place = { lon: number; lat: number };

const MEAN_EARTH_RADIUS_M = 6_371_008.8;

/** Whether a value `{lon, lat}` lies within `radius` metres of `center`. Throws 400. */
export function circleCheck(value: JsonValue): ValueCheck {
  const radius = isObject(value) ? value.get('radius') : undefined;
  if (!isObject(value) || (typeof radius !== 'number' && typeof radius !== 'bigint')) throw failure.format('missing field `radius`');
  const center = givenPlace(value.get('center'));
  return inArea((place) => distance(center, place) < Number(radius));
}

/** Whether a value lies in a box. It is open at its edges; where its left is east of its right it crosses the antimeridian. Throws 400. */
export function boxCheck(value: JsonValue): ValueCheck {
  if (!isObject(value)) throw failure.format('invalid type, expected struct GeoBoundingBox');
  const topLeft = givenPlace(value.get('top_left'));
  const bottomRight = givenPlace(value.get('bottom_right'));
  return inArea(({ lon, lat }) => {
    const within = topLeft.lon > bottomRight.lon ? lon > topLeft.lon || lon < bottomRight.lon : topLeft.lon < lon && lon < bottomRight.lon;
    return within && bottomRight.lat < lat && lat < topLeft.lat;
  });
}

function inArea(holds: (place: Place) => boolean): ValueCheck {
  return (found) => {
    const place = toPlace(found);
    return place !== undefined && holds(place);
  };
}

function toPlace(value: JsonValue | undefined): Place | undefined {
  const lon = isObject(value) ? value.get('lon') : undefined;
  const lat = isObject(value) ? value.get('lat') : undefined;
  if ((typeof lon !== 'number' && typeof lon !== 'bigint') || (typeof lat !== 'number' && typeof lat !== 'bigint')) return undefined;
  return { lon: Number(lon), lat: Number(lat) };
}

/** A place of a request: degrees within their bounds. */
function givenPlace(value: JsonValue | undefined): Place {
  const place = toPlace(value);
  if (place === undefined) throw failure.format('missing field `lon` or `lat`');
  if (Math.abs(place.lat) > 90 || Math.abs(place.lon) > 180) throw failure.format(`Wrong geo point: lon ${place.lon}, lat ${place.lat}`);
  return place;
}

/** Great-circle distance in metres. https://en.wikipedia.org/wiki/Haversine_formula */
function distance(a: Place, b: Place): number {
  const [latA, latB] = [radians(a.lat), radians(b.lat)];
  const haversine = Math.sin((latB - latA) / 2) ** 2 + Math.cos(latA) * Math.cos(latB) * Math.sin(radians(b.lon - a.lon) / 2) ** 2;
  return 2 * MEAN_EARTH_RADIUS_M * Math.asin(Math.sqrt(haversine));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
