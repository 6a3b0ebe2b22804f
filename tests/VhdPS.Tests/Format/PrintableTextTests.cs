using System.Globalization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Pages;
using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Format;

/// <summary>Text out of a file controls no terminal, wherever the engine puts it into words.</summary>
public sealed class PrintableTextTests
{
    private const string Hostile = "a\u001B[2Jb\r\nc\u009Bd\u202Ee\u2028f\u007Fg\u200Fh";
    private const string Shown = @"a\u001B[2Jb\u000D\u000Ac\u009Bd\u202Ee\u2028f\u007Fg\u200Fh";

    /// <summary>By the categories and properties that Unicode gives, and not by the list in the code.</summary>
    [Fact]
    public void Each_character_that_controls_is_escaped_and_no_other()
    {
        int[] directions = [0x061C, 0x200E, 0x200F, .. Enumerable.Range(0x202A, 5), .. Enumerable.Range(0x2066, 4)];
        for (int value = 0; value <= char.MaxValue; value++)
        {
            char character = (char)value;
            bool isUnsafe = char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate || directions.Contains(value) || value >= 0xFFFE;
            string text = $"x{character}y";
            Assert.Equal(isUnsafe ? $"x\\u{value:X4}y" : text, PrintableText.Escape(text));
            Assert.Equal(!isUnsafe, PrintableText.IsPrintable(text));
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(@"C:\a b\ü\日本.vhd", @"C:\a b\ü\日本.vhd")]
    [InlineData("\U0001F4BE disk", "\U0001F4BE disk")]
    [InlineData(Hostile, Shown)]
    public void Text_stays_readable(string text, string shown) => Assert.Equal(shown, PrintableText.Escape(text));

    [Fact]
    public void Half_a_character_is_escaped()
    {
        Assert.Equal(@"\uDCBE\uD83D", PrintableText.Escape("\uDCBE\uD83D"));
        Assert.Equal(@"a\uD83D", PrintableText.Escape("a\uD83D"));
    }

    [Fact]
    public void Printable_text_is_the_same_object()
    {
        string text = new('a', 40);
        Assert.Same(text, PrintableText.Escape(text));
    }

    [Fact]
    public void Findings_and_errors_are_printable()
    {
        var finding = new Finding(FaultCode.ParentNotFound, VhdStructure.Chain, 5, Hostile, Hostile, Hostile);
        var partition = new PartitionFinding(default, default, 5, Hostile, Hostile, Hostile);
        string[] texts =
        [
            finding.Describe(),
            finding.Message,
            finding.Expected,
            finding.Actual,
            partition.Describe(),
            partition.Message,
            new VhdFormatException(Hostile, finding).Message,
            new VhdOperationException(Hostile, OperationError.WrongType, Hostile).Message,
            new ImageIOException(Hostile, ImageIOOperation.Read, 5, new IOException(Hostile)).Message,
            new ImageInUseException(Hostile, forWriting: true).Message,
            new ImageAccessException(Hostile, Hostile).Message,
            new TransferException(Hostile, TransferFault.BlobChanged, Hostile).Message,
            new NbdException(Hostile, default, Hostile).Message,
            NbdException.Violation(Hostile, Hostile, Hostile, Hostile).Message,
            new TriedPath(Hostile, Hostile).ToString(),
        ];
        Assert.All(texts, text =>
        {
            Assert.True(PrintableText.IsPrintable(text), PrintableText.Escape(text));
            Assert.Contains(Shown, text, StringComparison.Ordinal);
        });

        // What a caller works with stays as it is.
        Assert.Equal(Hostile, new VhdFormatException(Hostile, finding).Path);
        Assert.Equal(Hostile, new TriedPath(Hostile, "x").Path);
    }
}
