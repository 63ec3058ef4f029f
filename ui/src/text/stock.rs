//! Words of the Stock page.

words! {
    title: "Stock", "Stock";
    search: "Nombre, marca, modelo o código", "Name, brand, model or code";
    pick: "Elige un producto", "Choose a product";
    pick_lead: "Escanéalo o búscalo para ver qué hay aquí y en las otras tiendas.", "Scan it or search to see what is here and in the other stores.";
    here: "En esta tienda", "In this store";
    elsewhere: "En otras tiendas", "In other stores";
    confirmed: "Confirmado", "Confirmed";
    pending: "Por confirmar", "Pending";
    known: "Según el servidor, {since}", "As the server said, {since}";
    never_known: "El servidor aún no lo ha confirmado", "The server has not confirmed this yet";
    as_of: "visto {since}", "seen {since}";
    no_levels: "Nunca hubo movimientos aquí", "Nothing ever moved here";
    no_elsewhere: "Ninguna otra tienda lo tiene", "No other store has it";
    receive: "Recibir", "Receive";
    adjust: "Ajustar", "Adjust";
    receive_title: "Recibir mercancía", "Receive goods";
    adjust_title: "Ajustar stock", "Adjust stock";
    how_many: "¿Cuántas unidades?", "How many units?";
    delta: "Diferencia", "Difference";
    delta_hint: "Con signo: -2 si faltan dos", "With a sign: -2 if two are missing";
    reason: "Motivo", "Reason";
    location: "Lugar", "Place";
    note: "Nota", "Note";
    received: "Recibido", "Received";
    damaged: "Dañado", "Damaged";
    lost: "Perdido", "Lost";
    found: "Encontrado", "Found";
    correction: "Corrección", "Correction";
    record: "Guardar movimiento", "Record movement";
    recorded: "Movimiento guardado", "Movement recorded";
    price: "Precio", "Price";
    sku: "Código", "SKU";
    barcode: "Código de barras", "Barcode";
    reorder: "Pedir por debajo de", "Reorder below";
    warranty: "Garantía", "Warranty";
    month_one: "{n} mes", "{n} month";
    months: "{n} meses", "{n} months";
    low: "Queda poco", "Running low";
    after: "Después: {n}", "After this: {n}";
}
