import { type Department, family } from '../family.ts';
import { packEuros } from '../price.ts';

const BRANDS = ['Ohmstrom', 'Elvering', 'Kabelfeld', 'Luxhaven'] as const;
const SWITCH_COLOURS = ['pure white', 'cream', 'anthracite', 'aluminium', 'black'] as const;
const LEAD_COLOURS = { black: 1, white: 1, orange: 1.05 } as const;

export const ELECTRICAL: Department = {
  name: 'Electrical',
  prefix: 'EL',
  families: [
    family({
      category: 'Installation cable',
      unit: 'roll',
      brands: BRANDS,
      axes: {
        type: { 'NYM-J': 1, 'NYY-J': 1.2, 'H07RN-F': 1.7, 'H05VV-F': 1.05 },
        cores: [3, 4, 5, 7],
        crossSectionMm2: [0.75, 1, 1.5, 2.5, 4, 6, 10, 16],
        lengthM: [5, 10, 25, 50, 100],
      },
      where: (v) =>
        (v.type !== 'H05VV-F' || v.crossSectionMm2 <= 4) &&
        (v.type === 'H05VV-F' || v.type === 'H07RN-F' || v.crossSectionMm2 >= 1.5) &&
        (v.cores < 7 || v.crossSectionMm2 <= 2.5) &&
        v.crossSectionMm2 * v.lengthM * v.cores <= 4000,
      name: (v) => `Cable ${v.type} ${v.cores} × ${v.crossSectionMm2} mm², ${v.lengthM} m`,
      description: (v) =>
        `Copper cable ${v.type} with ${v.cores} cores of ${v.crossSectionMm2} mm², ${v.lengthM} m on the roll.`,
      uses: ['For fixed wiring and appliances.', 'Metre marks on the sheath make it easy to cut.'],
      euros: (v) => 1.5 + v.cores * (0.09 + v.crossSectionMm2 * 0.12) * v.lengthM ** 0.95,
      grams: (v) => v.cores * (12 + v.crossSectionMm2 * 11) * v.lengthM,
    }),
    family({
      category: 'Switches & sockets',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Single socket': 1,
          'Double socket': 1.9,
          'Socket with USB-C': 3.8,
          'One-way switch': 1,
          'Two-way switch': 1.1,
          'Double switch': 1.5,
          Dimmer: 5,
          'Blind switch': 2.2,
          'Network outlet': 2.8,
          'Aerial outlet': 2.4,
        },
        colour: SWITCH_COLOURS,
        mounting: { 'flush-mounted': 1, 'surface-mounted': 1.15, 'splash-proof IP44': 1.6 },
        range: { Classic: 0.8, Linea: 1.2, Quadro: 1.5 },
      },
      name: (v) => `${v.type} ${v.range}, ${v.colour}, ${v.mounting}`,
      description: (v) => `${v.type} of the ${v.range} range in ${v.colour}, ${v.mounting}, 230 V.`,
      uses: ['Screwless terminals for solid wire.', 'Fits frames of the same range.'],
      euros: () => 5.2,
      grams: () => 85,
    }),
    family({
      category: 'Circuit breakers',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Circuit breaker': 1,
          RCD: 4.2,
          RCBO: 5.5,
          'Isolator switch': 1.4,
          'Surge arrester': 9,
        },
        ratingA: [6, 10, 13, 16, 20, 25, 32, 40, 63],
        poles: ['1-pole', '2-pole', '3-pole', '4-pole'],
        curve: ['B', 'C'],
      },
      where: (v) =>
        (v.type === 'Circuit breaker' || v.curve === 'B') &&
        (v.type !== 'Surge arrester' || v.ratingA >= 25) &&
        (v.type !== 'RCD' || (v.ratingA >= 25 && v.poles !== '1-pole')) &&
        (v.type !== 'RCBO' || (v.ratingA <= 32 && v.poles === '2-pole')),
      name: (v) =>
        `${v.type} ${v.type === 'Circuit breaker' || v.type === 'RCBO' ? `${v.curve}${v.ratingA}` : `${v.ratingA} A`}, ${v.poles}`,
      description: (v) => `${v.type} for DIN rail, ${v.ratingA} A, ${v.poles}.`,
      uses: ['For distribution boards in home and trade.', 'With status window.'],
      euros: (v) => (2.6 + v.ratingA * 0.06) * Number(v.poles[0]) ** 0.9,
      grams: (v) => 115 * Number(v.poles[0]),
    }),
    family({
      category: 'Extension leads',
      unit: 'piece',
      brands: [...BRANDS, 'Everpost'],
      axes: {
        type: {
          'Extension lead': 1,
          'Extension lead 3-way': 1.2,
          'Extension lead 6-way': 1.6,
          'Outdoor extension lead IP44': 1.5,
          'Cable reel': 2.1,
          'Outdoor cable reel IP44': 2.6,
        },
        lengthM: [1.5, 2, 3, 5, 10, 15, 20, 25, 40, 50],
        colour: LEAD_COLOURS,
        extra: { 'without switch': 1, 'with switch': 1.15, 'with surge protection': 1.5 },
      },
      where: (v) =>
        v.type.endsWith('-way')
          ? v.lengthM <= 10 && v.colour !== 'orange'
          : v.extra === 'without switch' && v.type.includes('reel') === v.lengthM >= 15,
      name: (v) =>
        `${v.type} ${v.lengthM} m, ${v.colour}${v.extra === 'without switch' ? '' : `, ${v.extra}`}`,
      description: (v) =>
        `${v.type} with ${v.lengthM} m of ${v.colour} cable, ${v.extra}, 16 A and 230 V.`,
      uses: ['Earthed, with child protection.', 'For house, garage and site.'],
      euros: (v) => 3.5 + v.lengthM * 0.85,
      grams: (v) => 200 + v.lengthM * 110,
    }),
    family({
      category: 'Conduit & trunking',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Flexible conduit': 1.4,
          'Rigid conduit': 1,
          'Mini trunking': 1.3,
          'Floor trunking': 2.4,
          'Skirting trunking': 2,
        },
        sizeMm: [12, 16, 20, 25, 32, 40, 50, 60],
        lengthM: [2, 10, 25, 50],
        colour: ['white', 'grey', 'black', 'brown'],
      },
      where: (v) => (v.type === 'Flexible conduit') === v.lengthM >= 10,
      name: (v) => `${v.type} ${v.sizeMm} mm, ${v.lengthM} m, ${v.colour}`,
      description: (v) =>
        `${v.type}, ${v.sizeMm} mm, ${v.lengthM} m long, ${v.colour}, halogen-free.`,
      uses: ['Guides and guards cable in walls and on them.', 'Cut with a fine saw.'],
      euros: (v) => 0.6 + v.sizeMm * 0.035 * v.lengthM ** 0.9,
      grams: (v) => v.sizeMm * 6 * v.lengthM,
    }),
    family({
      category: 'Cable ties & terminals',
      unit: 'pack',
      brands: [...BRANDS, 'Pinmoor'],
      axes: {
        type: { 'Cable tie': 1, 'Releasable cable tie': 1.6, 'Metal-detectable cable tie': 3 },
        widthMm: [2.5, 3.6, 4.8, 7.6],
        lengthMm: [100, 140, 200, 280, 300, 370, 450, 540],
        colour: ['natural', 'black', 'blue'],
        pack: [25, 50, 100, 250],
      },
      where: (v) =>
        v.lengthMm <= v.widthMm * 95 &&
        v.lengthMm >= v.widthMm * 25 &&
        (v.type === 'Metal-detectable cable tie') === (v.colour === 'blue'),
      name: (v) => `${v.type} ${v.widthMm} × ${v.lengthMm} mm, ${v.colour}, pack of ${v.pack}`,
      description: (v) => `${v.type} of nylon 6.6, ${v.lengthMm} mm long, ${v.colour}.`,
      uses: ['Bundles cable and fixes netting.', 'Stands heat up to 85 °C.'],
      euros: (v) => packEuros(v.widthMm * v.lengthMm * 0.000_05 + 0.008, v.pack),
      grams: (v) => v.widthMm * v.lengthMm * v.pack * 0.0016,
    }),
    family({
      category: 'Junction boxes & enclosures',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Junction box': 1,
          'Flush box': 0.5,
          'Enclosure with clear lid': 2.2,
          'Distribution board': 4,
        },
        widthMm: [65, 80, 100, 125, 150, 200, 250],
        heightMm: [65, 80, 100, 150, 200, 300],
        protection: { IP20: 0.8, IP44: 0.95, IP55: 1.1, IP66: 1.4 },
        colour: ['grey', 'white'],
      },
      where: (v) =>
        v.widthMm <= v.heightMm * 1.6 &&
        v.heightMm <= v.widthMm * 1.6 &&
        (v.type !== 'Flush box' || v.heightMm <= 100) &&
        (v.type !== 'Distribution board' || v.widthMm >= 200),
      name: (v) => `${v.type} ${v.widthMm} × ${v.heightMm} mm, ${v.protection}, ${v.colour}`,
      description: (v) =>
        `${v.type} of ${v.colour} plastic, ${v.protection}, ${v.widthMm} × ${v.heightMm} mm.`,
      uses: ['With soft knock-outs for cable.', 'For damp rooms, garage and outdoors, as rated.'],
      euros: (v) => 0.9 + v.widthMm * v.heightMm * 0.000_35,
      grams: (v) => v.widthMm * v.heightMm * 0.012,
    }),
  ],
};
