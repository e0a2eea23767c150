import { failure } from '../api-error.ts';
import { isObject, type JsonValue } from '../json/json-value.ts';
import type { ValueCheck } from './point-view.ts';

type Place = { lon: number; lat: number };
type Area = (place: Place) => boolean;

const MEAN_EARTH_RADIUS_M = 6_371_008.8;
const EPSILON = 2 ** -52;

/** One row per kind of area. */
const AREAS: Record<string, (value: JsonValue) => Area> = { geo_radius: circle, geo_bounding_box: box, geo_polygon: polygon };

/** Whether a value `{lon, lat}` lies in an area. Throws 400. */
export function geoCheck(kind: string, value: JsonValue): ValueCheck {
  const area = AREAS[kind]?.(value);
  return (found) => {
    const place = toPlace(found);
    return place !== undefined && area?.(place) === true;
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

function circle(value: JsonValue): Area {
  const radius = isObject(value) ? value.get('radius') : undefined;
  if (!isObject(value) || (typeof radius !== 'number' && typeof radius !== 'bigint')) throw failure.format('missing field `radius`');
  const center = givenPlace(value.get('center'));
  return (place) => distance(center, place) < Number(radius);
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

/** Open at its edges; a box whose left is east of its right crosses the antimeridian. */
function box(value: JsonValue): Area {
  if (!isObject(value)) throw failure.format('invalid type, expected struct GeoBoundingBox');
  const topLeft = givenPlace(value.get('top_left'));
  const bottomRight = givenPlace(value.get('bottom_right'));
  return ({ lon, lat }) => {
    const within = topLeft.lon > bottomRight.lon ? lon > topLeft.lon || lon < bottomRight.lon : topLeft.lon < lon && lon < bottomRight.lon;
    return within && bottomRight.lat < lat && lat < topLeft.lat;
  };
}

function polygon(value: JsonValue): Area {
  if (!isObject(value)) throw failure.format('invalid type, expected struct GeoPolygon');
  const exterior = ring(value.get('exterior'));
  const interiors = value.get('interiors') ?? null;
  const holes = Array.isArray(interiors) ? interiors.map(ring) : [];
  return (place) => side(exterior, place) === 'inside' && holes.every((hole) => side(hole, place) === 'outside');
}

function ring(value: JsonValue | undefined): Place[] {
  const points = isObject(value) ? value.get('points') : undefined;
  if (!Array.isArray(points)) throw failure.format('missing field `points`');
  const places = points.map(givenPlace);
  if (places.length <= 3) throw failure.format(`polygon invalid, the size must be at least 4, got ${places.length}`);
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined || Math.abs(first.lat - last.lat) > EPSILON || Math.abs(first.lon - last.lon) > EPSILON) {
    throw failure.format('polygon invalid, the first and the last points should be the same to form a closed line');
  }
  return places;
}

/** By counting the edges that a ray to the east crosses. */
function side(places: Place[], { lon, lat }: Place): 'inside' | 'outside' | 'edge' {
  let inside = false;
  for (const [i, a] of places.entries()) {
    const b = places[i + 1];
    if (b === undefined) break;
    const cross = (b.lon - a.lon) * (lat - a.lat) - (b.lat - a.lat) * (lon - a.lon);
    if (
      cross === 0 &&
      lon >= Math.min(a.lon, b.lon) &&
      lon <= Math.max(a.lon, b.lon) &&
      lat >= Math.min(a.lat, b.lat) &&
      lat <= Math.max(a.lat, b.lat)
    )
      return 'edge';
    if (a.lat > lat !== b.lat > lat && lon < ((b.lon - a.lon) * (lat - a.lat)) / (b.lat - a.lat) + a.lon) inside = !inside;
  }
  return inside ? 'inside' : 'outside';
}
