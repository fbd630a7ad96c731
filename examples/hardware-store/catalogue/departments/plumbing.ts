import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

const BRANDS = ['Wasserlind', 'Brookmere', 'Klarquell', 'Tapworth'] as const;
const FINISHES = {
  chrome: 1,
  'matt black': 1.3,
  'brushed steel': 1.35,
  'brushed gold': 1.7,
} as const;

export const PLUMBING: Department = {
  name: 'Plumbing & bathroom',
  prefix: 'PL',
  families: [
    family({
      category: 'Pipes',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Copper pipe': 2.6,
          'Multilayer pipe': 1,
          'PE-X pipe': 0.8,
          'Stainless steel pipe': 3.1,
          'PVC pressure pipe': 0.7,
        },
        diameterMm: [12, 15, 16, 18, 20, 22, 25, 28, 32, 35, 42, 54],
        lengthM: [1, 2, 2.5, 3, 5, 10, 25, 50],
      },
      where: (v) => {
        const rigid =
          v.type.startsWith('Copper') || v.type.startsWith('Stainless') || v.type.startsWith('PVC');
        return rigid ? v.lengthM <= 5 : v.diameterMm >= 16 && v.diameterMm <= 32 && v.lengthM >= 5;
      },
      name: (v) => `${v.type} ${v.diameterMm} mm, ${v.lengthM} m`,
      description: (v) => `${v.type}, ${v.diameterMm} mm outside diameter, ${v.lengthM} m long.`,
      uses: ['For drinking water and heating.', 'Joins with press and compression fittings.'],
      euros: (v) => 0.6 + v.diameterMm ** 1.15 * 0.1 * v.lengthM ** 0.95,
      grams: (v) => v.diameterMm * 16 * v.lengthM,
    }),
    family({
      category: 'Pipe fittings',
      unit: 'pack',
      brands: BRANDS,
      axes: {
        type: {
          'Elbow 90°': 1,
          'Elbow 45°': 1,
          Tee: 1.5,
          Coupling: 0.8,
          'End cap': 0.6,
          Reducer: 0.9,
          Union: 2.2,
        },
        system: {
          'copper solder': 0.6,
          'copper press': 1.5,
          'brass compression': 1.4,
          'multilayer press': 1.7,
        },
        diameterMm: [12, 15, 16, 18, 20, 22, 26, 28, 32],
        pack: [1, 2, 5, 10],
      },
      where: (v) => (v.system === 'multilayer press') === [16, 20, 26, 32].includes(v.diameterMm),
      name: (v) =>
        `${v.type} ${v.diameterMm} mm, ${v.system}, ${v.pack === 1 ? 'single' : `pack of ${v.pack}`}`,
      description: (v) => `${v.type} for ${v.diameterMm} mm pipe, ${v.system} fitting.`,
      uses: ['Approved for drinking water.', 'For heating and water up to 10 bar.'],
      euros: (v) => packEuros(0.5 + v.diameterMm ** 1.5 * 0.024, v.pack),
      grams: (v) => v.diameterMm ** 2 * 0.14 * v.pack,
    }),
    family({
      category: 'Waste pipe',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Waste pipe': 1,
          'Waste bend 45°': 0.6,
          'Waste bend 87°': 0.65,
          'Waste branch 45°': 1.1,
          'Waste coupling': 0.6,
          'Inspection pipe': 1.7,
        },
        diameterMm: [32, 40, 50, 75, 90, 110, 125, 160],
        lengthMm: [150, 250, 500, 1000, 2000],
        colour: ['grey', 'white', 'orange-brown'],
      },
      where: (v) =>
        (v.type === 'Waste pipe' || v.lengthMm === 150) &&
        (v.colour !== 'white' || v.diameterMm <= 50) &&
        (v.colour !== 'orange-brown' || v.diameterMm >= 110),
      attributes: () => ({ material: 'polypropylene' }),
      name: (v) => `${v.type} ${v.diameterMm} × ${v.lengthMm} mm, ${v.colour}`,
      description: (v) =>
        `${v.type} of polypropylene with push-fit socket and seal, ${v.diameterMm} mm, ${v.colour}.`,
      uses: ['Withstands hot waste water.', 'For kitchen, bathroom and drains.'],
      euros: (v) => 0.8 + v.diameterMm * 0.028 + v.diameterMm * v.lengthMm * 0.000_045,
      grams: (v) => v.diameterMm * 1.4 + v.diameterMm * v.lengthMm * 0.009,
    }),
    family({
      category: 'Taps & mixers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Basin mixer': 1,
          'Tall basin mixer': 1.35,
          'Kitchen mixer': 1.2,
          'Kitchen mixer with pull-out spray': 1.8,
          'Bath mixer': 1.5,
          'Shower mixer': 1.2,
          'Thermostatic shower mixer': 2.2,
          'Bidet mixer': 1.05,
        },
        finish: FINISHES,
        range: ['Arco', 'Bea', 'Cubo', 'Delta', 'Enza', 'Faro', 'Gala', 'Halo'],
        waste: { 'with waste': 1.1, 'without waste': 1 },
      },
      where: (v) =>
        v.waste === 'without waste' || v.type.startsWith('B') || v.type.startsWith('Tall'),
      name: (v) =>
        `${v.type} ${v.range}, ${v.finish}${v.waste === 'with waste' ? ', with waste' : ''}`,
      description: (v) =>
        `Single-lever ${v.type.toLowerCase()} ${v.range} in ${v.finish} with ceramic cartridge, ${v.waste}.`,
      uses: ['The aerator saves water.', 'Flexible hoses with 3/8 in connectors are included.'],
      euros: () => 52,
      grams: () => 1600,
    }),
    family({
      category: 'Showers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Hand shower': 0.5,
          'Overhead shower': 1,
          'Shower hose': 0.45,
          'Shower rail set': 1.3,
          'Shower system': 3.9,
        },
        sizeMm: [80, 100, 120, 150, 200, 250, 300, 1250, 1600, 1750, 2000],
        finish: FINISHES,
        jets: ['1 spray', '3 sprays', '5 sprays'],
      },
      where: (v) =>
        v.type === 'Shower hose'
          ? v.sizeMm >= 1250 && v.jets === '1 spray'
          : v.sizeMm <= 300 &&
            (v.type !== 'Hand shower' || v.sizeMm <= 150) &&
            (v.type === 'Overhead shower' || v.type === 'Shower system') === v.sizeMm >= 200,
      name: (v) =>
        `${v.type} ${v.sizeMm} mm, ${v.finish}${v.type === 'Shower hose' ? '' : `, ${v.jets}`}`,
      description: (v) => `${v.type}, ${v.sizeMm} mm, in ${v.finish}.`,
      uses: ['Rub-off nozzles keep limescale away.', 'With 1/2 in connection.'],
      euros: (v) => 16 + Math.min(v.sizeMm, 300) * 0.12,
      grams: (v) => 300 + Math.min(v.sizeMm, 300) * 3,
    }),
    family({
      category: 'Valves',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Ball valve': 1,
          'Angle valve': 0.8,
          'Check valve': 1.1,
          'Pressure reducing valve': 4.5,
          'Gate valve': 1.2,
          'Drain valve': 0.9,
          'Safety valve': 2.5,
        },
        sizeIn: ['3/8', '1/2', '3/4', '1', '1 1/4', '1 1/2', '2'],
        material: { brass: 1, 'nickel-plated brass': 1.15, 'stainless steel': 1.9 },
        handle: { 'lever handle': 1, 'butterfly handle': 0.97, 'no handle': 1 },
      },
      where: (v) => (v.type === 'Ball valve') === (v.handle !== 'no handle'),
      name: (v) =>
        `${v.type} ${v.sizeIn} in, ${v.material}${v.handle === 'no handle' ? '' : `, ${v.handle}`}`,
      description: (v) => `${v.type} of ${v.material} with ${v.sizeIn} in thread.`,
      uses: ['For drinking water up to 90 °C.', 'Full bore and PN 25.'],
      euros: (v) =>
        5 + ['3/8', '1/2', '3/4', '1', '1 1/4', '1 1/2', '2'].indexOf(v.sizeIn) ** 1.5 * 2.4,
      grams: (v) => 120 + v.sizeIn.length * 130,
    }),
    family({
      category: 'Bathroom fittings',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Towel rail': 1.3,
          'Toilet roll holder': 0.7,
          'Soap dish': 0.55,
          'Soap dispenser': 0.9,
          'Towel hook': 0.4,
          'Glass shelf': 1.4,
          'Toilet brush set': 1,
          'Grab rail': 1.5,
        },
        range: ['Arco', 'Bea', 'Cubo', 'Delta', 'Enza', 'Faro'],
        finish: FINISHES,
        fixing: { 'to screw': 1, 'to glue': 1.1 },
      },
      where: (v) => v.type !== 'Grab rail' || v.fixing === 'to screw',
      name: (v) => `${v.type} ${v.range}, ${v.finish}, ${v.fixing}`,
      description: (v) => `${v.type} of the ${v.range} range in ${v.finish}, ${v.fixing}.`,
      uses: ['Fixing material is included.', 'Rustproof in damp rooms.'],
      euros: () => 21,
      grams: () => 480,
    }),
  ],
};
