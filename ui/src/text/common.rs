//! Words that more than one page uses.

words! {
    product_name: "TechStore POS", "TechStore POS";
    cancel: "Cancelar", "Cancel";
    close: "Cerrar", "Close";
    save: "Guardar", "Save";
    back: "Volver", "Back";
    next: "Siguiente", "Next";
    add: "Añadir", "Add";
    remove: "Quitar", "Remove";
    search: "Buscar", "Search";
    undo: "Deshacer", "Undo";
    try_again: "Reintentar", "Try again";
    more: "Ver más", "Show more";
    loading: "Cargando…", "Loading…";
    nothing_found: "Nada encontrado", "Nothing found";
    language: "Cambiar idioma a English", "Switch language to español";
    to_dark: "Tema oscuro", "Dark theme";
    to_light: "Tema claro", "Light theme";
    sign_out: "Cerrar sesión", "Sign out";
    lock: "Bloquear o cambiar de persona (Ctrl L)", "Lock, or change person (Ctrl L)";
    optional: "opcional", "optional";
    yes: "Sí", "Yes";
    no: "No", "No";
    now: "ahora", "just now";
    minutes_ago: "hace {n} min", "{n} min ago";
    hours_ago: "hace {n} h", "{n} h ago";
    days_ago: "hace {n} d", "{n} d ago";
    in_future: "dentro de un momento", "in a moment";
    less: "Menos", "Less";
    decrease: "Quitar una unidad", "One less";
    increase: "Añadir una unidad", "One more";
    digit: "Dígito {n}", "Digit {n}";
    delete_digit: "Borrar", "Delete";
    receipt: "Recibo", "Receipt";
    credit_note: "Factura rectificativa", "Credit note";
    cash: "Efectivo", "Cash";
    card: "Tarjeta", "Card";
    owner: "Propiedad", "Owner";
    manager: "Gerencia", "Manager";
    cashier: "Caja", "Cashier";
    technician: "Taller", "Technician";
    units: "{n} uds.", "{n} units";
    pending_note: "Guardado en esta caja; aún no está en el servidor", "Saved on this till; not on the server yet";
    trace: "Referencia: {id}", "Reference: {id}";
    weekdays: "lun mar mié jue vie sáb dom", "Mon Tue Wed Thu Fri Sat Sun";
}
