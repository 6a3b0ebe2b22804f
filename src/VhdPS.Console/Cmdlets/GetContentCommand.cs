using System.Management.Automation;

namespace VhdPS.Console.Cmdlets;

[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = PathSet)]
public sealed class GetContentCommand : PathCommandBase
{
    /// <summary>The whole file as one object.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Bytes instead of lines.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>At most so many lines or bytes of each file; all of them when negative.</summary>
    [Parameter]
    [Alias("First", "Head")]
    public long TotalCount { get; set; } = -1;

    protected override void ProcessRecord()
    {
        foreach (string path in IsLiteral ? LiteralPath : Path)
        {
            foreach (object file in Attempt(() => FilesOf(path)))
            {
                // A big file is not held in memory: what is read is written before the next is read.
                using IEnumerator<object> items = ProcessPath((string)file).GetEnumerator();
                while (Attempt(() => items.MoveNext() ? [items.Current] : []).FirstOrDefault() is { } item)
                {
                    WriteObject(item);
                }
            }
        }
    }

    protected override IEnumerable<object> ProcessPath(string path)
    {
        if (Raw)
        {
            return [AsByteStream ? File.ReadAllBytes(path) : File.ReadAllText(path)];
        }

        IEnumerable<object> items = AsByteStream ? BytesOf(path) : File.ReadLines(path);
        return TotalCount < 0 ? items : items.Take((int)Math.Min(TotalCount, int.MaxValue));
    }

    private static IEnumerable<object> BytesOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        while (stream.ReadByte() is >= 0 and var value)
        {
            yield return (byte)value;
        }
    }
}
