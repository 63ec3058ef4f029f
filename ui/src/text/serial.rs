//! Words of units with serial numbers.

words! {
    serial: "Nº de serie", "Serial number";
    imei: "IMEI", "IMEI";
    ask: "Escanea o escribe el número de la caja o del aparato.", "Scan or type the number on the box or the device.";
    unit_of: "Unidad {n} de {all}", "Unit {n} of {all}";
    add: "Añadir", "Add";
    add_anyway: "Añadir de todos modos", "Add anyway";
    without: "Vender sin número", "Sell without a number";
    empty: "Escribe el número, o véndelo sin número.", "Type the number, or sell it without one.";
    too_long: "Es demasiado largo para un número de serie.", "That is too long for a serial number.";
    unprintable: "Un número de serie es una sola línea de letras y cifras.", "A serial number is one line of letters and digits.";
    in_cart: "Ese número ya está en el ticket.", "That number is in the cart already.";
    is_barcode: "Ese es el código de barras del producto, no el de la unidad.", "That is the product's barcode, not the unit's number.";
    no_imei: "Un IMEI tiene 15 cifras: comprueba que es el número correcto (*#06#).", "An IMEI has 15 digits: check that this is the right number (*#06#).";
    check_digit: "La última cifra no cuadra: puede que una esté mal copiada.", "The last digit does not fit: one may be mistyped.";
    sold_already: "Figura como vendido el {date} con {number} y no ha vuelto.", "It is down as sold on {date} with {number}, and has not come back.";
    title: "Nº de serie {serial}", "Serial number {serial}";
    sold: "Vendido", "Sold";
    returned: "Devuelto", "Returned";
    with_customer: "En manos de un cliente", "With a customer";
    in_shop: "En la tienda", "In the shop";
    warranty_until: "Garantía del fabricante hasta el {date}", "Maker's warranty until {date}";
    warranty_over: "La garantía del fabricante terminó el {date}", "The maker's warranty ended on {date}";
    history: "Historia", "History";
    repairs: "Reparaciones", "Repairs";
    open_document: "Abrir {number}", "Open {number}";
    elsewhere: "El documento no está en esta caja.", "The document is not at this till.";
    make_return: "Devolución", "Return";
    known: "{name}: vendido el {date} con {number}", "{name}: sold on {date} with {number}";
}
