import { type Department, family } from '../family.ts';

export const HEATING: Department = {
  name: 'Heating & ventilation',
  prefix: 'HV',
  families: [
    family({
      category: 'Radiators',
      unit: 'piece',
      brands: ['Wärmholt', 'Luftenau', 'Everpost'],
      axes: {
        type: {
          'Panel radiator type 11': 0.75,
          'Panel radiator type 22': 1,
          'Panel radiator type 33': 1.4,
        },
        heightMm: [300, 400, 500, 600, 900],
        lengthMm: [400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000],
        front: { profiled: 1, 'flat front': 1.35 },
      },
      name: (v) => `${v.type}, ${v.heightMm} × ${v.lengthMm} mm, ${v.front}, white`,
      description: (v) =>
        `${v.type}, ${v.heightMm} mm high and ${v.lengthMm} mm long, ${v.front}, powder-coated white.`,
      uses: ['Brackets, vent and plugs are included.', 'For hot-water heating up to 10 bar.'],
      euros: (v) => 32 + v.heightMm * v.lengthMm * 0.000_22,
      grams: (v) => v.heightMm * v.lengthMm * 0.045,
    }),
    family({
      category: 'Towel radiators',
      unit: 'piece',
      brands: ['Wärmholt', 'Luftenau', 'Klarquell'],
      axes: {
        shape: { straight: 1, curved: 1.1 },
        heightMm: [700, 900, 1200, 1500, 1800],
        widthMm: [400, 450, 500, 600, 750],
        colour: { white: 1, chrome: 1.5, anthracite: 1.2, black: 1.2 },
        heating: { 'hot water': 1, electric: 1.9 },
      },
      name: (v) =>
        `Towel radiator ${v.heightMm} × ${v.widthMm} mm, ${v.shape}, ${v.colour}, ${v.heating}`,
      description: (v) =>
        `Bathroom radiator with ${v.shape} rails in ${v.colour}, ${v.heightMm} × ${v.widthMm} mm, ${v.heating}.`,
      uses: ['Dries towels and warms the room.', 'Wall brackets are included.'],
      euros: (v) => 35 + v.heightMm * v.widthMm * 0.000_11,
      grams: (v) => v.heightMm * v.widthMm * 0.016,
    }),
    family({
      category: 'Fans & ducts',
      unit: 'piece',
      brands: ['Luftenau', 'Elvering', 'Everpost'],
      axes: {
        type: {
          'Bathroom fan': 1,
          'Duct fan': 1.6,
          'Flexible duct': 0.45,
          'Round duct': 0.4,
          'Ventilation grille': 0.35,
          'Duct elbow 90°': 0.35,
        },
        diameterMm: [80, 100, 120, 125, 150, 160, 200],
        colour: { white: 1, silver: 1.1, anthracite: 1.15 },
        model: {
          standard: 1,
          'with timer': 1.3,
          'with humidity sensor': 1.6,
          'with backdraught shutter': 1.2,
        },
      },
      where: (v) =>
        v.model === 'standard' ||
        v.type.endsWith('fan') ||
        (v.type === 'Ventilation grille' && v.model === 'with backdraught shutter'),
      name: (v) => `${v.type} ${v.diameterMm} mm, ${v.colour}, ${v.model}`,
      description: (v) => `${v.type} for ${v.diameterMm} mm openings in ${v.colour}, ${v.model}.`,
      uses: ['For bathroom, kitchen and cellar.', 'Goes with ducts of the same diameter.'],
      euros: (v) => 14 + v.diameterMm * 0.14,
      grams: (v) => 150 + v.diameterMm * 5,
    }),
    family({
      category: 'Thermostats & radiator valves',
      unit: 'piece',
      brands: ['Wärmholt', 'Elvering', 'Klarquell', 'Everpost'],
      axes: {
        type: {
          'Thermostatic head': 0.5,
          'Smart thermostatic head': 2,
          'Radiator valve': 0.6,
          'Lockshield valve': 0.45,
          'Room thermostat': 1.4,
        },
        connection: [
          'M30 × 1.5',
          'M28 × 1.5',
          '1/2 in straight',
          '1/2 in angled',
          '230 V',
          'battery',
        ],
        colour: { white: 1, chrome: 1.25, black: 1.3 },
        pack: { single: 1, 'pack of 2': 1.85, 'pack of 3': 2.7, 'pack of 5': 4.3 },
      },
      where: (v) => {
        if (v.type.endsWith('head')) return v.connection.startsWith('M');
        if (v.type.endsWith('valve')) return v.connection.includes(' in ');
        return (v.connection === '230 V' || v.connection === 'battery') && v.pack === 'single';
      },
      name: (v) => `${v.type}, ${v.connection}, ${v.colour}, ${v.pack}`,
      description: (v) => `${v.type} in ${v.colour}, ${v.connection}.`,
      uses: ['Keeps the room at the set temperature.', 'Helps to save heating costs.'],
      euros: () => 24,
      grams: () => 230,
    }),
  ],
};
