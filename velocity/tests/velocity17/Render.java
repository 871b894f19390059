import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.runtime.log.NullLogChute;

/**
 * Renders templates with Apache Velocity 1.7: a template in hexadecimal on each line of the input, and for each a line
 * of the output: `ok ` or `error ` and text in hexadecimal.
 */
public class Render {
    public static void main(String[] arguments) throws Exception {
        VelocityEngine engine = new VelocityEngine();
        engine.setProperty("runtime.log.logsystem.class", NullLogChute.class.getName());
        engine.init();
        BufferedReader templates =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        HexFormat hex = HexFormat.of();
        for (String line; (line = templates.readLine()) != null;) {
            String template = new String(hex.parseHex(line), StandardCharsets.UTF_8);
            String kind = "ok ";
            String text;
            try {
                StringWriter writer = new StringWriter();
                engine.evaluate(context(), writer, "t", new StringReader(template));
                text = writer.toString();
            } catch (Throwable error) {
                kind = "error ";
                text = error.toString();
            }
            out.println(kind + hex.formatHex(text.getBytes(StandardCharsets.UTF_8)));
        }
        out.flush();
    }

    /** The variables of every template; tests/differential.rs has the same. */
    private static VelocityContext context() {
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("k", "v");
        inner.put("n", 7);
        inner.put("l", 7L);
        inner.put("none", null);
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", "Ann");
        map.put("age", 42);
        map.put("inner", inner);
        map.put("items", new ArrayList<Object>(Arrays.asList("x", "y")));
        map.put("flag", false);
        List<Object> list = new ArrayList<>(Arrays.asList("a", "b", "c"));
        List<Object> mixed = new ArrayList<>(Arrays.asList(1, "two", 3.5, true, null, list));
        VelocityContext context = new VelocityContext();
        context.put("s", "Hello, World");
        context.put("t", "text");
        context.put("e", "");
        context.put("i", 5);
        context.put("j", -3);
        context.put("z", 0);
        context.put("l", 5L);
        context.put("w", -4294967299L);
        context.put("d", 2.5);
        context.put("yes", true);
        context.put("no", false);
        context.put("list", list);
        context.put("mixed", mixed);
        context.put("empty", new ArrayList<Object>());
        context.put("map", map);
        return context;
    }
}
