import { type Department, family } from '../family.ts';

const BRANDS = ['Luxhaven', 'Glimmerby', 'Elvering', 'Ohmstrom'] as const;
const WHITES = ['2700 K', '3000 K', '4000 K', '6500 K'] as const;
const FINISHES = ['white', 'black', 'brushed nickel', 'brass', 'anthracite'] as const;

export const LIGHTING: Department = {
  name: 'Lighting',
  prefix: 'LI',
  families: [
    family({
      category: 'LED bulbs',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        shape: {
          'E27 bulb': 1,
          'E14 candle': 0.95,
          'E14 golf ball': 0.95,
          'GU10 reflector': 1,
          'G9 capsule': 1.1,
          'E27 globe': 1.8,
        },
        powerW: [2.5, 3.5, 4.5, 6, 8, 10, 13],
        light: WHITES,
        glass: ['clear', 'frosted'],
        control: { 'not dimmable': 1, dimmable: 1.35 },
      },
      where: (v) => v.powerW <= 6 || v.shape.startsWith('E27'),
      attributes: (v) => ({ lumens: Math.round(v.powerW * 10.4) * 10 }),
      name: (v) => `LED ${v.shape} ${v.powerW} W, ${v.light}, ${v.glass}, ${v.control}`,
      description: (v) =>
        `LED ${v.shape} with ${Math.round(v.powerW * 10.4) * 10} lm at ${v.light}, ${v.glass}, ${v.control}.`,
      uses: ['Burns for about 15,000 hours.', 'Full light at once and no flicker.'],
      euros: (v) => 1.8 + v.powerW * 0.42,
      grams: (v) => 25 + v.powerW * 5,
    }),
    family({
      category: 'Ceiling & wall lights',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Ceiling light': 1,
          'Wall light': 0.8,
          'Pendant light': 1.2,
          'LED panel': 1.1,
          'Spotlight bar': 1.15,
        },
        sizeCm: [12, 20, 30, 40, 60, 80, 120],
        finish: FINISHES,
        light: WHITES,
      },
      where: (v) =>
        v.light !== '6500 K' &&
        (v.type !== 'Wall light' || v.sizeCm <= 40) &&
        (v.type !== 'LED panel' || v.sizeCm >= 30),
      name: (v) => `${v.type} ${v.sizeCm} cm, ${v.finish}, LED ${v.light}`,
      description: (v) =>
        `${v.type} in ${v.finish}, ${v.sizeCm} cm, with built-in LED at ${v.light}.`,
      uses: ['For hall, kitchen and living room.', 'Quick to fit with the bracket supplied.'],
      euros: (v) => 14 + v.sizeCm * 0.72,
      grams: (v) => 300 + v.sizeCm * 28,
    }),
    family({
      category: 'Outdoor lights',
      unit: 'piece',
      brands: BRANDS,
      axes: {
        type: {
          'Outdoor wall light': 1,
          'Bollard light': 1.5,
          Floodlight: 0.9,
          'Solar spike light': 0.5,
          'Recessed ground light': 1.2,
        },
        powerW: [3, 6, 10, 20, 30, 50],
        finish: ['anthracite', 'black', 'stainless steel', 'white'],
        sensor: { 'without sensor': 1, 'with motion sensor': 1.35, 'with dusk sensor': 1.25 },
        light: ['3000 K', '4000 K'],
      },
      where: (v) =>
        v.type === 'Floodlight'
          ? v.powerW >= 10
          : v.type === 'Solar spike light'
            ? v.powerW === 3
            : v.powerW <= 20,
      name: (v) => `${v.type} ${v.powerW} W, ${v.finish}, ${v.sensor}, ${v.light}`,
      description: (v) =>
        `${v.type} in ${v.finish}, LED ${v.powerW} W at ${v.light}, ${v.sensor}, IP65.`,
      uses: ['Lights paths, doors and yards.', 'Stands rain and frost.'],
      euros: (v) => 21 + v.powerW * 0.8,
      grams: (v) => 600 + v.powerW * 35,
    }),
    family({
      category: 'LED strips & profiles',
      unit: 'roll',
      brands: BRANDS,
      axes: {
        light: [...WHITES, 'RGB', 'RGBW'],
        lengthM: [1, 2, 3, 5, 10],
        voltageV: [12, 24],
        ledsPerM: [60, 120, 240],
        protection: { IP20: 1, IP44: 1.2, IP67: 1.5 },
      },
      name: (v) =>
        `LED strip ${v.light}, ${v.lengthM} m, ${v.voltageV} V, ${v.ledsPerM} LEDs per metre, ${v.protection}`,
      description: (v) =>
        `Self-adhesive ${v.voltageV} V LED strip, ${v.light}, ${v.lengthM} m, ${v.protection}.`,
      uses: [
        'Can be cut every few centimetres.',
        'For shelves, kitchens and coves.',
        'Needs a driver of the same voltage.',
      ],
      euros: (v) => 4 + v.lengthM * (1.4 + v.ledsPerM * 0.014),
      grams: (v) => 30 + v.lengthM * 25,
    }),
    family({
      category: 'Torches & work lights',
      unit: 'piece',
      brands: [...BRANDS, 'Draymoor'],
      axes: {
        type: {
          Torch: 0.7,
          Headlamp: 0.8,
          'Work light': 1.4,
          'Work light on tripod': 2.4,
          'Inspection lamp': 1,
          Lantern: 0.9,
        },
        lumens: [150, 300, 500, 800, 1000, 2000, 3000, 5000],
        supply: { 'with AA batteries': 0.9, rechargeable: 1.3, '230 V': 1 },
        colour: ['black', 'yellow'],
      },
      where: (v) => {
        if (!v.type.startsWith('Work')) return v.supply !== '230 V' && v.lumens <= 1000;
        return v.lumens >= (v.supply === '230 V' ? 2000 : 500);
      },
      name: (v) => `${v.type} ${v.lumens} lm, ${v.supply}, ${v.colour}`,
      description: (v) =>
        `LED ${v.type.toLowerCase()} with ${v.lumens} lm, ${v.supply}, in ${v.colour}.`,
      uses: ['Splash-proof and shock-proof.', 'Three levels of brightness.'],
      euros: (v) => 9 + v.lumens ** 0.6 * 0.42,
      grams: (v) => 120 + v.lumens * 0.4,
    }),
  ],
};
