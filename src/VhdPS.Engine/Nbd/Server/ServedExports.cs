namespace VhdPS.Engine.Nbd.Server;

/// <summary>The exports of one server: no others can be asked for.</summary>
internal sealed class ServedExports
{
    private readonly Dictionary<string, NbdExport> _byName = new(StringComparer.Ordinal);

    /// <summary>Takes the exports.</summary>
    /// <exception cref="ArgumentException">There is none, or two have one name.</exception>
    public ServedExports(IReadOnlyList<NbdExport> exports)
    {
        if (exports.Count == 0)
        {
            throw new ArgumentException("A server needs an export.", nameof(exports));
        }

        foreach (NbdExport export in exports)
        {
            if (!_byName.TryAdd(export.Name, export))
            {
                throw new ArgumentException(
                    $"{export.Path} and {_byName[export.Name].Path} would both be served as \"{export.Name}\".", nameof(exports));
            }
        }

        All = exports;
    }

    /// <summary>In the order in which they were given.</summary>
    public IReadOnlyList<NbdExport> All { get; }

    /// <summary>The export of a name; an empty name means the only one.</summary>
    public NbdExport? Find(string name) => name.Length == 0 && All.Count == 1 ? All[0] : _byName.GetValueOrDefault(name);
}
